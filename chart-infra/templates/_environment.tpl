{{/* Where we are, as name: value, for containers and for the ConfigMap of jobs alike. No secrets. */}}
{{- define "tandem.place" -}}
{{- $place := dict
  "K8S_ENV" .Values.k8sEnv
  "CLUSTER_ENV" .Values.clusterEnv
  "SANDBOX_ID" .Values.sandboxId
  "AWS_DEFAULT_REGION" .Values.aws.region
  "AWS_ACCOUNT_ID" .Values.aws.accountId
  "AWS_ENDPOINT_URL" .Values.aws.endpoint
  "LOG_FORMAT" .Values.logFormat
-}}
{{- range $name, $value := mergeOverwrite $place .Values.env }}
{{- if ne $value "" }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* A mapping of texts as `env` wants it. */}}
{{- define "tandem.listed" -}}
{{- range $name, $value := . }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{- define "tandem.fromSecret" -}}
- name: {{ .variable }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
{{- end }}

{{- define "tandem.trialSecret" -}}
{{ include "tandem.fullname" . }}-trial
{{- end }}

{{/* The Secret that says where the record is; nothing where nobody says it. */}}
{{- define "tandem.recordSecret" -}}
{{- $trial := .Values.trial.postgresql.enabled | ternary (include "tandem.trialSecret" .) "" -}}
{{ .Values.record.secret | default $trial }}
{{- end }}

{{- define "tandem.redisSecret" -}}
{{- $trial := .Values.trial.redis.enabled | ternary (include "tandem.trialSecret" .) "" -}}
{{ .Values.redis.secret | default $trial }}
{{- end }}

{{- define "tandem.recordUrl" -}}
{{- with include "tandem.recordSecret" . }}
{{- $key := empty $.Values.record.secret | ternary "DATABASE_URL" $.Values.record.key }}
{{- include "tandem.fromSecret" (dict "variable" "DATABASE_URL" "secret" . "key" $key) }}
{{- end }}
{{- end }}

{{- define "tandem.redisUrl" -}}
{{- with include "tandem.redisSecret" . }}
{{- $key := empty $.Values.redis.secret | ternary "REDIS_URL" $.Values.redis.key }}
{{- include "tandem.fromSecret" (dict "variable" "REDIS_URL" "secret" . "key" $key) }}
{{- end }}
{{- end }}

{{- define "tandem.awsKeys" -}}
{{- with .Values.aws.keysSecret }}
{{- range list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" }}
{{ include "tandem.fromSecret" (dict "variable" . "secret" $.Values.aws.keysSecret "key" .) }}
{{- end }}
{{- end }}
{{- end }}

{{/* What every Python container is told: where we are, and what only Secrets know. */}}
{{- define "tandem.environment" -}}
{{- include "tandem.listed" (include "tandem.place" . | fromYaml) | trim }}
{{- range list "tandem.redisUrl" "tandem.recordUrl" "tandem.awsKeys" }}
{{- with include . $ | trim }}
{{ . }}
{{- end }}
{{- end }}
{{- end }}

{{/* Whether our gateway is the platform of this release: it assigns workers, and takes changes of cell sets. */}}
{{- define "tandem.isPlatform" -}}
{{- if and .Values.gateway.enabled .Values.gateway.assigns }}yes{{ end }}
{{- end }}

{{- define "tandem.apiUrl" -}}
{{- if include "tandem.isPlatform" . -}}
http://{{ include "tandem.name" (dict "at" . "component" "gateway") }}.{{ .Release.Namespace }}.svc:{{ .Values.gateway.service.port }}
{{- end }}
{{- end }}

{{/* Whether the gateway assigns pods to experiments. */}}
{{- define "tandem.assigns" -}}
{{- $label := and .Values.worker.enabled (eq .Values.worker.assignment "label") -}}
{{- if and $label (include "tandem.isPlatform" .) }}yes{{ end }}
{{- end }}
