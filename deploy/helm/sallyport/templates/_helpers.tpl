{{/* The chart's name. */}}
{{- define "sallyport.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The name of every object: room is left for "-pods". */}}
{{- define "sallyport.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 58 | trimSuffix "-" -}}
{{- else if contains (include "sallyport.name" .) .Release.Name -}}
{{- .Release.Name | trunc 58 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "sallyport.name" .) | trunc 58 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels that select the Pods. They never change. */}}
{{- define "sallyport.selectorLabels" -}}
app.kubernetes.io/name: {{ include "sallyport.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "sallyport.labels" -}}
{{ include "sallyport.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "sallyport.metadata" -}}
name: {{ include "sallyport.fullname" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "sallyport.labels" . | nindent 2 }}
{{- end -}}

{{- define "sallyport.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "sallyport.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "sallyport.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* The open ports as JSON: { "ext-authz": 9191, … }, from the addresses in config.listen. A Unix socket has none. */}}
{{- define "sallyport.ports" -}}
{{- $ports := dict -}}
{{- range $door, $name := dict "extAuthz" "ext-authz" "tokens" "tokens" "verify" "verify" "access" "access" "admin" "admin" -}}
{{- $listener := index $.Values.config.listen $door -}}
{{- $address := kindIs "map" $listener | ternary (get (kindIs "map" $listener | ternary $listener dict) "address") $listener -}}
{{- with $address -}}
{{- with regexFind "[0-9]+$" (regexFind ":[0-9]+$" .) -}}
{{- $_ := set $ports $name (int .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $ports -}}
{{- end -}}

{{/* A duration such as 1500ms, 10s or 2m, in milliseconds. */}}
{{- define "sallyport.milliseconds" -}}
{{- $number := regexFind "^[0-9]+" . | int -}}
{{- $unit := regexFind "[a-z]+$" . -}}
{{- mul $number (get (dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 "d" 86400000) $unit) -}}
{{- end -}}

{{- define "sallyport.probe" -}}
httpGet:
  path: {{ .path }}
  port: admin
{{ toYaml .times }}
{{- end -}}
