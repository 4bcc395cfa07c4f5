{{/* R, as a sidecar that is there before Python and ends after it. It loads what users bring: no keys reach it. */}}
{{- define "tandem.worker.r" -}}
{{- $worker := .Values.worker -}}
name: worker-r
image: {{ include "tandem.image" (dict "at" . "name" .Values.images.r) }}
imagePullPolicy: {{ .Values.images.pullPolicy }}
restartPolicy: Always
env:
  - name: TANDEM_CHILDREN
    value: {{ $worker.concurrency | quote }}
  - name: TANDEM_LABELS
    value: /etc/podinfo/labels
  - name: TANDEM_SCRATCH
    value: /scratch
  - name: TANDEM_DEBUG_DIR
    value: /data/debug
  - name: LOG_FORMAT
    value: {{ .Values.logFormat }}
  {{- if eq $worker.assignment "fixed" }}
  - name: EXPERIMENT_ID
    value: {{ $worker.experimentId | quote }}
  {{- end }}
{{ include "tandem.probes" $worker }}
{{ include "tandem.worker.readiness" . }}
resources:
  {{- toYaml $worker.r.resources | nindent 2 }}
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
  - name: tmp-r
    mountPath: /tmp
{{- end }}
