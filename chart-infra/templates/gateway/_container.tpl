{{- define "tandem.gateway" -}}
{{- $gateway := .Values.gateway -}}
name: gateway
image: {{ include "tandem.image" (dict "at" . "name" .Values.images.gateway) }}
imagePullPolicy: {{ .Values.images.pullPolicy }}
env:
  {{- include "tandem.environment" . | trim | nindent 2 }}
  {{- include "tandem.listed" (include "tandem.gateway.settings" . | fromYaml) | trim | nindent 2 }}
  {{- $token := $gateway.adminToken -}}
  {{- $own := dict "variable" "TANDEM_ADMIN_TOKEN" "secret" (include "tandem.gateway.tokenSecret" .) "key" $token.key }}
  {{- include "tandem.fromSecret" $own | nindent 2 }}
ports:
  - name: http
    containerPort: 8080
startupProbe:
  httpGet:
    path: /healthz
    port: http
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 60
livenessProbe:
  httpGet:
    path: /healthz
    port: http
  periodSeconds: 20
  timeoutSeconds: 10
  failureThreshold: 3
readinessProbe:
  httpGet:
    path: /readyz
    port: http
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 2
lifecycle:
  preStop:
    # Until nobody sends requests here any more.
    exec:
      command: [sleep, "5"]
resources:
  {{- toYaml $gateway.resources | nindent 2 }}
securityContext:
  {{- include "tandem.shut" . | nindent 2 }}
volumeMounts:
  - name: data
    mountPath: /data
  - name: state
    mountPath: /state
  - name: scratch
    mountPath: /scratch
  - name: tmp
    mountPath: /tmp
  {{- if include "tandem.assigns" . }}
  - {{ include "tandem.tokenMount" . | indent 4 | trim }}
  {{- end }}
{{- end }}

{{- define "tandem.gateway.settings" -}}
{{- $gateway := .Values.gateway -}}
TANDEM_GATEWAY_HOST: 0.0.0.0
TANDEM_GATEWAY_PORT: "8080"
{{- with $gateway.ingress.host }}
TANDEM_GATEWAY_HOSTS: {{ . | quote }}
{{- end }}
{{- with $gateway.corsOrigins }}
TANDEM_CORS_ORIGINS: {{ join "," . | quote }}
{{- end }}
{{- with $gateway.trustedProxies }}
FORWARDED_ALLOW_IPS: {{ join "," . | quote }}
{{- end }}
{{- if include "tandem.assigns" . }}
TANDEM_ASSIGN_NAMESPACE: {{ .Release.Namespace | quote }}
{{- end }}
{{- with .Values.runner }}
{{- with .urlHosts }}
TANDEM_URL_HOSTS: {{ join "," . | quote }}
{{- end }}
{{- with .urlBuckets }}
TANDEM_URL_BUCKETS: {{ join "," . | quote }}
{{- end }}
TANDEM_COMMANDS: {{ .commands | quote }}
{{- end }}
{{- end }}

{{- define "tandem.gateway.tokenSecret" -}}
{{- $own := printf "%s-token" (include "tandem.name" (dict "at" . "component" "gateway")) -}}
{{ .Values.gateway.adminToken.secret | default $own }}
{{- end }}
