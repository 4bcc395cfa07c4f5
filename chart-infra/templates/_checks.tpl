{{/* What no schema can say: values that do not go together, each refused in a sentence. */}}
{{- define "tandem.checks" -}}
{{- $worker := .Values.worker -}}
{{- if $worker.enabled -}}
  {{- if and (eq $worker.assignment "fixed") (not $worker.experimentId) -}}
    {{- fail "worker.experimentId is missing: with worker.assignment=fixed, it names the experiment of all pods." -}}
  {{- end -}}
  {{- if and (eq $worker.assignment "label") $worker.experimentId -}}
    {{- fail "worker.experimentId is set, but worker.assignment=label waits for labels. Choose worker.assignment=fixed, or leave it out." -}}
  {{- end -}}
  {{- if and (eq $worker.assignment "label") (ne $worker.scaling.by "none") -}}
    {{- fail (printf "worker.scaling.by=%s scales pods of one experiment, but with worker.assignment=label each has another, and its own queue. Choose worker.assignment=fixed, or worker.scaling.by=none." $worker.scaling.by) -}}
  {{- end -}}
  {{- if and (eq $worker.scaling.by "hpa") (lt (int $worker.scaling.minReplicas) 1) -}}
    {{- fail "worker.scaling.minReplicas is 0, and an autoscaler of CPU cannot wake what does not run. Make it 1, or choose worker.scaling.by=keda." -}}
  {{- end -}}
  {{- if gt (int $worker.scaling.minReplicas) (int $worker.scaling.maxReplicas) -}}
    {{- fail (printf "worker.scaling.minReplicas is %v, more than worker.scaling.maxReplicas, %v." $worker.scaling.minReplicas $worker.scaling.maxReplicas) -}}
  {{- end -}}
  {{- range $name := list "r" "python" -}}
    {{- $limit := (get $worker $name).resources.limits.memory -}}
    {{- if ge (include "tandem.bytes" $worker.scratch.size | int64) (include "tandem.bytes" $limit | int64) -}}
      {{- fail (printf "worker.scratch.size, %s, is memory out of worker.%s.resources.limits.memory, %s, and leaves nothing of it. Make it smaller." $worker.scratch.size $name $limit) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- include "tandem.checks.around" . -}}
{{- end }}

{{- define "tandem.checks.around" -}}
{{- range $part := list "gateway" "runner" -}}
  {{- if and (get $.Values $part).enabled (not (include "tandem.recordSecret" $)) -}}
    {{- fail (printf "record.secret is missing: with %s.enabled, it names the Secret with the address of PostgreSQL. To try things out, trial.postgresql.enabled starts one." $part) -}}
  {{- end -}}
{{- end -}}
{{- if and .Values.gateway.enabled .Values.gateway.ingress.enabled (not .Values.gateway.ingress.host) -}}
  {{- fail "gateway.ingress.host is missing: the name under which people reach the gateway." -}}
{{- end -}}
{{- if and (include "tandem.assigns" .) (has .Values.clusterEnv (list "development" "test")) -}}
  {{- fail (printf "clusterEnv=%s lets all experiments share one queue, but gateway.assigns needs one for each. Choose another name, or gateway.assigns=false." .Values.clusterEnv) -}}
{{- end -}}
{{- range $part := list "serviceMonitor" "alerts" "dashboard" -}}
  {{- if and (get $.Values.monitoring $part).enabled (not $.Values.gateway.enabled) -}}
    {{- fail (printf "monitoring.%s.enabled needs gateway.enabled: the metrics are the gateway's." $part) -}}
  {{- end -}}
{{- end -}}
{{- if and .Values.datadog.enabled (not .Values.datadog.secret) -}}
  {{- fail "datadog.secret is missing: the Secret with the key of Datadog." -}}
{{- end -}}
{{- if include "tandem.runner.makesJobs" . -}}
  {{- include "tandem.checks.jobs" . -}}
{{- end -}}
{{- end }}

{{- define "tandem.checks.jobs" -}}
{{- $jobs := .Values.runner.jobs -}}
{{- if and $jobs.namespace (ne $jobs.namespace .Release.Namespace) (not $jobs.secret) -}}
  {{- fail (printf "runner.jobs.secret is missing: pods of jobs in the namespace %s see no Secret of another one. It names one there, with DATABASE_URL." $jobs.namespace) -}}
{{- end -}}
{{- if and (not $jobs.secret) .Values.record.secret (ne .Values.record.key "DATABASE_URL") -}}
  {{- fail (printf "runner.jobs.secret is missing: pods of jobs take their variables from a Secret as they are called there, and record.key is %s. It names one with DATABASE_URL." .Values.record.key) -}}
{{- end -}}
{{- if and .Values.networkPolicy.enabled (not .Values.networkPolicy.jobs) -}}
  {{- fail "networkPolicy.jobs is empty, so pods of jobs without network would reach neither store nor record. List the addresses of both, as {cidr, port}." -}}
{{- end -}}
{{- end }}
