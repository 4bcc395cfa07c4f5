{{/* What every pod of ours begins with, as the restricted standard demands it: (dict "at" $), with "user" where an image
has one of its own. */}}
{{- define "tandem.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user | default 10001 }}
  runAsGroup: {{ .user | default 10001 }}
  fsGroup: {{ .user | default 10001 }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- include "tandem.pullSecrets" .at }}
{{- with .placement }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "tandem.shut" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Probes that ask the image how it is. None of them waits for data or behind work. A container that is busy with all
its CPUs may answer late, hence the patience. */}}
{{- define "tandem.probes" -}}
{{- $period := 5 -}}
startupProbe:
  exec:
    command: [healthy]
  periodSeconds: {{ $period }}
  timeoutSeconds: 10
  failureThreshold: {{ div (add .startupSeconds $period -1) $period }}
livenessProbe:
  exec:
    command: [healthy]
  periodSeconds: 30
  timeoutSeconds: 15
  failureThreshold: 4
{{- end }}

{{/* The key to the cluster's API for one container alone; accounts mount theirs nowhere by themselves. */}}
{{- define "tandem.tokenVolume" -}}
name: cluster-token
projected:
  defaultMode: 0440
  sources:
    - serviceAccountToken:
        path: token
        expirationSeconds: 3607
    - configMap:
        name: kube-root-ca.crt
        items:
          - key: ca.crt
            path: ca.crt
    - downwardAPI:
        items:
          - path: namespace
            fieldRef:
              fieldPath: metadata.namespace
{{- end }}

{{- define "tandem.tokenMount" -}}
name: cluster-token
mountPath: /var/run/secrets/kubernetes.io/serviceaccount
readOnly: true
{{- end }}
