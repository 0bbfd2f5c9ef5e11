{{- define "riskgate.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* What every name begins with. Short enough that "-operator" and "-policy-author" fit behind it. */}}
{{- define "riskgate.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "riskgate.name" .) .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "riskgate.name" .) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "riskgate.operator" -}}
{{ include "riskgate.fullname" . }}-operator
{{- end }}

{{- define "riskgate.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "riskgate.operator" .) .Values.serviceAccount.name }}
{{- else }}
{{- required "serviceAccount.name: write the name of the ServiceAccount that serviceAccount.create: false leaves to you" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* The operator as the API server knows it. */}}
{{- define "riskgate.user" -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "riskgate.serviceAccount" . }}
{{- end }}

{{/* By which its pods are found: nothing here may change in an upgrade. */}}
{{- define "riskgate.selector" -}}
app.kubernetes.io/name: {{ include "riskgate.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{- define "riskgate.labels" -}}
app.kubernetes.io/name: {{ include "riskgate.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: riskgate
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The labels of what belongs to the operator itself. */}}
{{- define "riskgate.operatorLabels" -}}
{{ include "riskgate.labels" . }}
app.kubernetes.io/component: operator
{{- end }}

{{/* An image: a digest wins over a tag. Takes a list of the root and the image's values. */}}
{{- define "riskgate.image" -}}
{{- $root := index . 0 }}
{{- $image := index . 1 }}
{{- $name := $image.repository }}
{{- with $root.Values.image.registry }}
{{- $name = printf "%s/%s" (. | trimSuffix "/") $name }}
{{- end }}
{{- if $image.digest }}
{{- printf "%s@%s" $name $image.digest }}
{{- else }}
{{- printf "%s:%s" $name (default $root.Chart.AppVersion $image.tag) }}
{{- end }}
{{- end }}

{{- define "riskgate.webhook" -}}
{{ include "riskgate.fullname" . }}-webhook
{{- end }}

{{/* The host by which the API server calls the webhooks, which their certificate is for. */}}
{{- define "riskgate.webhookHost" -}}
{{- if .Values.webhook.url }}
{{- (urlParse .Values.webhook.url).host | regexFind "^(\\[[^]]*\\]|[^:]*)" | trimPrefix "[" | trimSuffix "]" }}
{{- else }}
{{- include "riskgate.webhook" . }}.{{ .Release.Namespace }}.svc
{{- end }}
{{- end }}

{{/* The Secret with the CA that the operator keeps, or with a certificate that somebody else keeps. */}}
{{- define "riskgate.certificateSecret" -}}
{{- with .Values.webhook.certificates }}
{{- if eq .mode "self" }}
{{- include "riskgate.webhook" $ }}-ca
{{- else }}
{{- required "webhook.certificates.existingSecret: write the name of a Secret with tls.crt and tls.key, which mode: existingSecret takes the certificate from" .existingSecret }}
{{- end }}
{{- end }}
{{- end }}

{{/* How the API server reaches a webhook, and by which CA it trusts it. Takes a list of the root and the path. */}}
{{- define "riskgate.clientConfig" -}}
{{- $root := index . 0 }}
{{- $path := index . 1 }}
{{- with $root.Values.webhook }}
{{- if .url -}}
url: {{ .url | trimSuffix "/" }}{{ $path }}
{{- else -}}
service:
  name: {{ include "riskgate.webhook" $root }}
  namespace: {{ $root.Release.Namespace }}
  port: 443
  path: {{ $path }}
{{- end }}
{{- with .certificates.caBundle }}
caBundle: {{ . }}
{{- end }}
{{- end }}
{{- end }}

{{/* Annotations of the webhook configurations, by which others keep their caBundle. */}}
{{- define "riskgate.webhookAnnotations" -}}
{{- with .Values.webhook.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
{{- end }}
{{- end }}

{{/* Namespaces whose pods must start when the operator does not run: the control plane's, and its own. */}}
{{- define "riskgate.otherNamespaces" -}}
{{- concat (list "kube-system" .Release.Namespace) .Values.webhook.excludedNamespaces | uniq | join ", " }}
{{- end }}

{{/* What every sidecar is injected with, as the operator reads it. */}}
{{- define "riskgate.sidecar" -}}
{{- with .Values.sidecar }}
{{- dict "image" (include "riskgate.image" (list $ .image)) "imagePullPolicy" .image.pullPolicy "runAs" .runAs "resources" .resources "probes" .probes | toJson }}
{{- end }}
{{- end }}
