{{/* A pool's container: (dict "at" $ "name" "gpu" "pool" {…}). */}}
{{- define "tandem.runner" -}}
name: runner
image: {{ include "tandem.image" (dict "at" .at "name" .at.Values.images.python) }}
imagePullPolicy: {{ .at.Values.images.pullPolicy }}
args: [python, -m, tandem.jobs.runner]
env:
  {{- include "tandem.environment" .at | trim | nindent 2 }}
  {{- include "tandem.listed" (include "tandem.runner.settings" . | fromYaml) | trim | nindent 2 }}
{{ include "tandem.probes" (dict "startupSeconds" 120) }}
readinessProbe:
  exec:
    command: [healthy, --ready]
  periodSeconds: 10
  timeoutSeconds: 10
  failureThreshold: 3
resources:
  {{- include "tandem.runner.resources" . | nindent 2 }}
securityContext:
  {{- include "tandem.shut" .at | nindent 2 }}
volumeMounts:
  - name: data
    mountPath: /data
  - name: state
    mountPath: /state
  - name: scratch
    mountPath: /scratch
  - name: tmp
    mountPath: /tmp
  {{- if eq .at.Values.runner.mode "kubernetes" }}
  - {{ include "tandem.tokenMount" .at | indent 4 | trim }}
  {{- end }}
{{- end }}

{{- define "tandem.runner.settings" -}}
{{- $runner := .at.Values.runner -}}
TANDEM_RUNNER_MODE: {{ $runner.mode }}
TANDEM_RUNNER_QUEUES: {{ join "," .pool.queues | quote }}
TANDEM_RUNNER_CPUS: {{ .pool.cpus | quote }}
TANDEM_RUNNER_MEMORY: {{ include "tandem.bytes" .pool.memory | quote }}
TANDEM_RUNNER_GPUS: {{ .pool.gpus | quote }}
TANDEM_COMMANDS: {{ $runner.commands | quote }}
{{- with $runner.urlHosts }}
TANDEM_URL_HOSTS: {{ join "," . | quote }}
{{- end }}
{{- with $runner.urlBuckets }}
TANDEM_URL_BUCKETS: {{ join "," . | quote }}
{{- end }}
{{- if eq $runner.mode "kubernetes" }}
TANDEM_JOB_IMAGE: {{ include "tandem.image" (dict "at" .at "name" .at.Values.images.python) }}
TANDEM_JOB_NAMESPACE: {{ include "tandem.runner.namespace" .at | quote }}
TANDEM_JOB_SERVICE_ACCOUNT: {{ include "tandem.account" (dict "at" .at "component" "jobs" "account" $runner.jobs.serviceAccount) }}
TANDEM_JOB_CONFIG_MAP: {{ include "tandem.name" (dict "at" .at "component" "jobs") }}
TANDEM_JOB_SECRET: {{ $runner.jobs.secret | default (include "tandem.recordSecret" .at) }}
TANDEM_JOB_WAIT: {{ $runner.jobs.waitSeconds | quote }}
TANDEM_JOB_GPU_NODES: {{ $runner.jobs.gpu.nodeSelector | toJson | quote }}
TANDEM_JOB_GPU_TOLERATIONS: {{ $runner.jobs.gpu.tolerations | toJson | quote }}
{{- end }}
{{- end }}

{{/* In its own pod a runner has what its jobs may have, and 512Mi for itself. */}}
{{- define "tandem.runner.resources" -}}
{{- if eq .at.Values.runner.mode "process" -}}
{{- $memory := printf "%dMi" (add 512 (div (include "tandem.bytes" .pool.memory) 1048576)) -}}
requests:
  cpu: {{ .pool.cpus | quote }}
  memory: {{ $memory }}
limits:
  cpu: {{ .pool.cpus | quote }}
  memory: {{ $memory }}
  {{- if .pool.gpus }}
  nvidia.com/gpu: {{ .pool.gpus | quote }}
  {{- end }}
{{- else -}}
requests:
  cpu: 250m
  memory: 512Mi
limits:
  memory: 1Gi
{{- end }}
{{- end }}

{{/* Where Jobs are made. */}}
{{- define "tandem.runner.namespace" -}}
{{ .Values.runner.jobs.namespace | default .Release.Namespace }}
{{- end }}

{{/* Whether there are Jobs of the cluster. */}}
{{- define "tandem.runner.makesJobs" -}}
{{- if and .Values.runner.enabled (eq .Values.runner.mode "kubernetes") }}yes{{ end }}
{{- end }}
