{{/*
A workload is a dict: name, namespace, component, pods (labels that select its pods), o (its options),
p (its profile), r (resources), image. The same as in packages/k8s/src, file by file: a test compares both.
*/}}

{{- define "nebulift.labels" -}}
app.kubernetes.io/name: nebulift
app.kubernetes.io/instance: {{ .name }}
app.kubernetes.io/component: {{ .component }}
nebulift.io/job: {{ .name }}
{{- end }}

{{- define "nebulift.metadata" -}}
name: {{ .name }}
namespace: {{ .namespace }}
labels:
  {{- include "nebulift.labels" . | nindent 2 }}
{{- end }}

{{/* Metadata of what Kueue may hold back. */}}
{{- define "nebulift.queued" -}}
{{- include "nebulift.metadata" . }}
{{- with .o.queue }}
  kueue.x-k8s.io/queue-name: {{ . }}
{{- end }}
{{- end }}

{{- define "nebulift.account" -}}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "nebulift.metadata" . | nindent 2 }}
automountServiceAccountToken: false
{{- with .o.imagePullSecret }}
imagePullSecrets: [{name: {{ . }}}]
{{- end }}
{{- if .o.config }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .name }}-config
  namespace: {{ .namespace }}
  labels:
    {{- include "nebulift.labels" . | nindent 4 }}
data:
  {{- toYaml .o.config | nindent 2 }}
{{- end }}
{{- end }}

{{/* w: the workload, storage, role: the end of the claim's name. */}}
{{- define "nebulift.storage" -}}
{{- $s := .storage }}
{{- $name := printf "%s-%s" .w.name .role }}
{{- if not $s.claim }}
{{- if $s.nfs }}
---
apiVersion: v1
kind: PersistentVolume
metadata:
  name: {{ .w.namespace }}-{{ $name }}
  labels:
    {{- include "nebulift.labels" .w | nindent 4 }}
  annotations: {helm.sh/resource-policy: keep}
spec:
  capacity: {storage: {{ $s.size | quote }}}
  accessModes: [{{ $s.accessMode }}]
  persistentVolumeReclaimPolicy: Retain
  storageClassName: ""
  mountOptions: [nfsvers=4.1, hard]
  nfs: {server: {{ $s.nfs.server | quote }}, path: {{ $s.nfs.path | quote }}}
  claimRef: {apiVersion: v1, kind: PersistentVolumeClaim, namespace: {{ .w.namespace }}, name: {{ $name }}}
{{- end }}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ $name }}
  namespace: {{ .w.namespace }}
  labels:
    {{- include "nebulift.labels" .w | nindent 4 }}
  annotations: {helm.sh/resource-policy: keep}
spec:
  accessModes: [{{ $s.accessMode }}]
  resources: {requests: {storage: {{ $s.size | quote }}}}
  {{- if $s.nfs }}
  storageClassName: ""
  volumeName: {{ .w.namespace }}-{{ $name }}
  {{- else if $s.storageClass }}
  storageClassName: {{ $s.storageClass }}
  {{- end }}
{{- end }}
{{- end }}

{{/* w: the workload, peers: ports between its own pods, http: its port for callers. */}}
{{- define "nebulift.network" -}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "nebulift.metadata" .w | nindent 2 }}
spec:
  podSelector:
    matchLabels: {{ toJson .w.pods }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- if .peers }}
    - from: [{podSelector: {matchLabels: {{ toJson .w.pods }}}}]
      ports:
        {{- range .peers }}
        - {protocol: TCP, port: {{ int64 . }}}
        {{- end }}
    {{- end }}
    {{- range .callers }}
    - from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: {{ . }}}}}]
      ports: [{protocol: TCP, port: {{ int64 $.http }}}]
    {{- end }}
    {{- if .w.o.monitoring }}
    - from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: {{ .w.o.monitoringNamespace }}}}}]
      ports: [{protocol: TCP, port: 9464}]
    {{- end }}
    {{- if not (or .peers .callers .w.o.monitoring) }} []{{ end }}
  egress:
    - to:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
          podSelector: {matchLabels: {k8s-app: kube-dns}}
      ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]
    {{- if .peers }}
    - to: [{podSelector: {matchLabels: {{ toJson .w.pods }}}}]
      ports:
        {{- range .peers }}
        - {protocol: TCP, port: {{ int64 . }}}
        {{- end }}
    {{- end }}
    {{- range .w.o.egress }}
    - to: [{ipBlock: {cidr: {{ .cidr | quote }}}}]
      ports: [{protocol: TCP, port: {{ int64 .port }}}]
    {{- end }}
{{- end }}

{{/* Threads that a limit can feed. */}}
{{- define "nebulift.threads" -}}
{{- $cpu := toString . }}
{{- if hasSuffix "m" $cpu }}{{ max 1 (div (trimSuffix "m" $cpu | int64) 1000) }}
{{- else }}{{ max 1 (floor (float64 $cpu) | int64) }}{{ end }}
{{- end }}

{{- define "nebulift.env" -}}
- {name: NEBULIFT_THREADS, value: {{ include "nebulift.threads" .r.cpu | quote }}}
{{- range $name, $value := .o.env }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}

{{- define "nebulift.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* What every container has, but for its name, image, command, ports and environment. */}}
{{- define "nebulift.container" -}}
resources:
  requests: {{ toJson .r }}
  limits: {{ toJson .r }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* Where the pods of a profile go. */}}
{{- define "nebulift.placement" -}}
automountServiceAccountToken: false
enableServiceLinks: false
nodeSelector: {{ toJson .p.nodeSelector }}
{{- with .p.tolerations }}
tolerations: {{ toJson . }}
{{- end }}
securityContext:
  {{- include "nebulift.podSecurity" . | nindent 2 }}
{{- end }}

{{/* w: the workload, when: whenUnsatisfiable. */}}
{{- define "nebulift.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: {{ .when }}
    labelSelector: {matchLabels: {nebulift.io/job: {{ .w.name }}}}
{{- end }}

{{- define "nebulift.monitorEndpoint" -}}
port: metrics
path: /metrics
interval: 15s
relabelings:
  - {action: replace, replacement: {{ .name }}, targetLabel: nebulift_job}
{{- end }}

{{- define "nebulift.podMonitor" -}}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  {{- include "nebulift.metadata" . | nindent 2 }}
spec:
  selector: {matchLabels: {{ toJson .pods }}}
  podMetricsEndpoints:
    -
      {{- include "nebulift.monitorEndpoint" . | nindent 6 }}
{{- end }}

{{- define "nebulift.podFailurePolicy" -}}
rules:
  - {action: Ignore, onPodConditions: [{type: DisruptionTarget, status: "True"}]}
  - {action: {{ .action }}, onExitCodes: {containerName: {{ .container }}, operator: In, values: [2, 42]}}
{{- end }}
