{{/* What the names of all objects begin with. */}}
{{- define "tandem.fullname" -}}
{{ .Values.fullname | default .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* The name of a component's objects: (dict "at" $ "component" "gateway"). A release that is called as the component is
not called so twice: existing platforms know the Deployment `worker` of the release `worker`. */}}
{{- define "tandem.name" -}}
{{- $base := include "tandem.fullname" .at -}}
{{ eq $base .component | ternary $base (printf "%s-%s" $base .component) }}
{{- end }}

{{/* What tells a component's pods from all others. */}}
{{- define "tandem.selector" -}}
app.kubernetes.io/name: tandem
app.kubernetes.io/instance: {{ .at.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "tandem.labels" -}}
{{ include "tandem.selector" . }}
app.kubernetes.io/version: {{ .at.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .at.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .at.Chart.Name .at.Chart.Version }}
{{- end }}

{{/* Labels of pods that are no workers. Platforms take every pod for a spare worker that has neither the label
experimentId nor the label run. */}}
{{- define "tandem.podLabels" -}}
{{ include "tandem.selector" . }}
run: {{ .component }}
{{- end }}

{{/* The head of an object: (dict "at" $ "component" "gateway"), with "name" where it is not the component's. */}}
{{- define "tandem.metadata" -}}
name: {{ .name | default (include "tandem.name" .) }}
labels:
  {{- include "tandem.labels" . | nindent 2 }}
{{- end }}

{{/* An image of ours: (dict "at" $ "name" "tandem-r"). */}}
{{- define "tandem.image" -}}
{{- $images := .at.Values.images -}}
{{ $images.registry }}{{ .name }}:{{ $images.tag | default .at.Chart.AppVersion }}
{{- end }}

{{/* The account of a component: (dict "at" $ "component" "worker" "account" .Values.worker.serviceAccount). */}}
{{- define "tandem.account" -}}
{{- $own := .account.create | ternary (include "tandem.name" .) "default" -}}
{{ .account.name | default $own }}
{{- end }}

{{- define "tandem.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "tandem.metadata" (dict "at" .at "component" .component "name" (include "tandem.account" .)) | nindent 2 }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  {{- with .account.roleArn }}
  annotations:
    eks.amazonaws.com/role-arn: {{ . }}
  {{- end }}
automountServiceAccountToken: false
{{- include "tandem.pullSecrets" .at }}
{{- end }}

{{/* Pods of jobs have these by their account. */}}
{{- define "tandem.pullSecrets" -}}
{{- with .Values.images.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Binds a Role to an account, both of the same component; the Role may be in another namespace. */}}
{{- define "tandem.binding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- include "tandem.metadata" . | nindent 2 }}
  namespace: {{ .namespace | default .at.Release.Namespace }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ include "tandem.name" . }}
subjects:
  - kind: ServiceAccount
    name: {{ include "tandem.account" . }}
    namespace: {{ .at.Release.Namespace }}
{{- end }}

{{/* A quantity in bytes: Kubernetes' own words for powers of two, which the schema demands. */}}
{{- define "tandem.bytes" -}}
{{- $powers := dict "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- $unit := regexFind "[KMGT]i$" . -}}
{{ mul (trimSuffix $unit . | int64) (get $powers $unit | default 1) }}
{{- end }}
