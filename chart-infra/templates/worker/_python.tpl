{{- define "tandem.worker.python" -}}
{{- $worker := .Values.worker -}}
name: worker
image: {{ include "tandem.image" (dict "at" . "name" .Values.images.python) }}
imagePullPolicy: {{ .Values.images.pullPolicy }}
env:
  {{- include "tandem.environment" . | trim | nindent 2 }}
  {{- include "tandem.listed" (include "tandem.worker.settings" . | fromYaml) | trim | nindent 2 }}
  {{- if include "tandem.worker.retires" . }}
  - name: POD_NAME
    valueFrom:
      fieldRef:
        fieldPath: metadata.name
  - name: POD_NAMESPACE
    valueFrom:
      fieldRef:
        fieldPath: metadata.namespace
  {{- end }}
{{ include "tandem.probes" $worker }}
{{ include "tandem.worker.readiness" . }}
resources:
  {{- toYaml $worker.python.resources | nindent 2 }}
securityContext:
  {{- include "tandem.shut" . | nindent 2 }}
volumeMounts:
  - name: podinfo
    mountPath: /etc/podinfo
    readOnly: true
  - name: data
    mountPath: /data
  - name: scratch
    mountPath: /scratch
  - name: state
    mountPath: /state
  - name: tmp-python
    mountPath: /tmp
  {{- if include "tandem.worker.retires" . }}
  - {{ include "tandem.tokenMount" . | indent 4 | trim }}
  {{- end }}
{{- end }}

{{- define "tandem.worker.settings" -}}
TANDEM_LABELS: /etc/podinfo/labels
TANDEM_SCRATCH: /scratch
TANDEM_CONCURRENCY: {{ .Values.worker.concurrency | quote }}
TANDEM_GRACE: {{ .Values.worker.graceSeconds | quote }}
TIMEOUT: {{ .Values.worker.idleSeconds | quote }}
{{- if include "tandem.worker.retires" . }}
TANDEM_RETIRE: "true"
{{- end }}
{{- with include "tandem.apiUrl" . }}
TANDEM_API_URL: {{ . | quote }}
{{- end }}
{{- if eq .Values.worker.assignment "fixed" }}
EXPERIMENT_ID: {{ .Values.worker.experimentId | quote }}
# What is scaled from outside does not end by itself.
IGNORE_TIMEOUT: "true"
{{- end }}
{{- end }}
