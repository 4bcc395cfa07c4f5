{{/* Datadog's agent, which looks at the pod's own kubelet: there is no other way on Fargate. A sidecar like R, so that it
sees the end. */}}
{{- define "tandem.worker.datadog" -}}
{{- $datadog := .Values.datadog -}}
name: datadog-agent
image: {{ $datadog.image }}
imagePullPolicy: {{ .Values.images.pullPolicy }}
restartPolicy: Always
env:
  {{- include "tandem.fromSecret" (dict "variable" "DD_API_KEY" "secret" $datadog.secret "key" $datadog.key) | nindent 2 }}
  - name: DD_SITE
    value: {{ $datadog.site }}
  - name: DD_EKS_FARGATE
    value: "true"
  - name: DD_TAGS
    value: env:{{ .Values.clusterEnv }} sandbox:{{ .Values.sandboxId }}
  - name: DD_APM_ENABLED
    value: "false"
  - name: DD_LOGS_ENABLED
    value: "false"
  - name: DD_PROCESS_AGENT_ENABLED
    value: "false"
  - name: DD_KUBERNETES_KUBELET_NODENAME
    valueFrom:
      fieldRef:
        fieldPath: spec.nodeName
resources:
  {{- toYaml $datadog.resources | nindent 2 }}
securityContext:
  # The image's own user, in the group that owns its files, some of which it writes at its start.
  runAsUser: 100
  runAsGroup: 0
  allowPrivilegeEscalation: false
  capabilities:
    drop: [ALL]
volumeMounts:
  - {{ include "tandem.tokenMount" . | indent 4 | trim }}
{{- end }}
