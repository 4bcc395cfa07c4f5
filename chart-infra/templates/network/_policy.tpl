{{/* The head of a policy for a component's pods: (dict "at" $ "component" "worker"). */}}
{{- define "tandem.policy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "tandem.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "tandem.selector" . | nindent 6 }}
  policyTypes: [Ingress]
{{- end }}

{{/* A peer: every pod of this release. */}}
{{- define "tandem.ours" -}}
podSelector:
  matchLabels:
    app.kubernetes.io/name: tandem
    app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
