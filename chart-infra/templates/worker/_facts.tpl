{{/* Seconds that a pod gets to end: the worker's own, then R's and the cluster's. */}}
{{- define "tandem.worker.graceSeconds" -}}
{{ add .Values.worker.graceSeconds 20 }}
{{- end }}

{{/* The part of a queue's name that tells experiments apart, as platforms make it. */}}
{{- define "tandem.worker.queueHash" -}}
{{ printf "%s-%s" .Values.worker.experimentId .Values.sandboxId | sha1sum }}
{{- end }}

{{- define "tandem.worker.queueUrl" -}}
{{- $name := printf "queue-job-%s-%s.fifo" (include "tandem.worker.queueHash" .) .Values.clusterEnv -}}
{{- $aws := .Values.aws -}}
{{- if $aws.accountId -}}
{{ $aws.endpoint | default (printf "https://sqs.%s.amazonaws.com" $aws.region) }}/{{ $aws.accountId }}/{{ $name }}
{{- else -}}
{{ $name }}
{{- end -}}
{{- end }}

{{/* Which pods the Deployment holds. A labelled one is let go, and a spare one started in its place. */}}
{{- define "tandem.worker.selector" -}}
matchLabels:
  {{- include "tandem.selector" (dict "at" . "component" "worker") | nindent 2 }}
  type: worker
  sandboxId: {{ .Values.sandboxId | quote }}
{{- if eq .Values.worker.assignment "label" }}
matchExpressions:
  - key: experimentId
    operator: DoesNotExist
{{- end }}
{{- end }}

{{- define "tandem.worker.podLabels" -}}
{{ include "tandem.selector" (dict "at" . "component" "worker") }}
type: worker
sandboxId: {{ .Values.sandboxId | quote }}
{{- if eq .Values.worker.assignment "fixed" }}
experimentId: {{ .Values.worker.experimentId | quote }}
workQueueHash: {{ include "tandem.worker.queueHash" . }}
{{- end }}
{{- end }}

{{/* A spare pod is ready as soon as it can be given an experiment, or Helm would wait for ever; from then on, when it can
answer for it. */}}
{{- define "tandem.worker.readiness" -}}
readinessProbe:
  exec:
    {{- if eq .Values.worker.assignment "label" }}
    command:
      - sh
      - -c
      - grep -q '^experimentId=' /etc/podinfo/labels || exec healthy; exec healthy --ready
    {{- else }}
    command: [healthy, --ready]
    {{- end }}
  periodSeconds: 5
  timeoutSeconds: 10
  failureThreshold: 2
{{- end }}

{{/* Whether its pods ask the cluster to delete them. */}}
{{- define "tandem.worker.retires" -}}
{{- if and .Values.worker.retire (eq .Values.worker.assignment "label") }}yes{{ end }}
{{- end }}
