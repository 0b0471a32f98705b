// Prints types as the original's internal version names them: type -> [[GoName, jsonName, form], ...].
// Internal types carry no JSON tags, so that a validation message that shows a whole value shows Go names.
package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	resourcev1 "k8s.io/api/resource/v1"
	storagev1 "k8s.io/api/storage/v1"
)

var out = map[string][][]string{}

func form(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Ptr:
		inner := form(t.Elem())
		if strings.HasPrefix(inner, "=") {
			return "*" + inner
		}
		return "*"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Struct {
			if inner := form(t.Elem()); strings.HasPrefix(inner, "=") {
				return "[]" + inner
			}
		}
		return "*"
	case reflect.Map:
		return "map"
	case reflect.Struct:
		if !strings.HasPrefix(t.PkgPath(), "k8s.io/api/") {
			switch t.Name() {
			case "Quantity":
				return "quantity"
			case "IntOrString":
				return "int"
			}
			return "raw"
		}
		walk(t)
		return "=" + t.Name()
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	}
	return "int"
}

func walk(t reflect.Type) {
	if _, seen := out[t.Name()]; seen {
		return
	}
	out[t.Name()] = nil
	out[t.Name()] = fields(t)
}

func fields(t reflect.Type) (rows [][]string) {
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && f.Name != "ObjectMeta" {
			rows = append(rows, fields(f.Type)...)
			continue
		}
		rows = append(rows, []string{f.Name, name, form(f.Type)})
	}
	return rows
}

// The internal PodSpec keeps these host fields in its security context and orders its own fields anew.
var hostFields = [][]string{
	{"HostNetwork", "hostNetwork", "bool"}, {"HostPID", "hostPID", "bool"}, {"HostIPC", "hostIPC", "bool"},
	{"ShareProcessNamespace", "shareProcessNamespace", "*"}, {"HostUsers", "hostUsers", "*"},
}

var podSpecOrder = []string{
	"Volumes", "InitContainers", "Containers", "EphemeralContainers", "RestartPolicy",
	"TerminationGracePeriodSeconds", "ActiveDeadlineSeconds", "DNSPolicy", "NodeSelector", "ServiceAccountName",
	"AutomountServiceAccountToken", "NodeName", "SecurityContext", "ImagePullSecrets", "Hostname", "Subdomain",
	"SetHostnameAsFQDN", "Affinity", "SchedulerName", "Tolerations", "HostAliases", "PriorityClassName", "Priority",
	"PreemptionPolicy", "DNSConfig", "ReadinessGates", "RuntimeClassName", "Overhead", "EnableServiceLinks",
	"TopologySpreadConstraints", "OS", "SchedulingGates", "ResourceClaims", "Resources", "HostnameOverride",
	"SchedulingGroup",
}

var securityContextOrder = []string{
	"SELinuxOptions", "WindowsOptions", "RunAsUser", "RunAsGroup", "RunAsNonRoot", "SupplementalGroups",
	"SupplementalGroupsPolicy", "FSGroup", "FSGroupChangePolicy", "Sysctls", "SeccompProfile", "AppArmorProfile",
	"SELinuxChangePolicy",
}

func ordered(rows [][]string, order []string) (sorted [][]string) {
	for _, name := range order {
		for _, row := range rows {
			if row[0] == name {
				sorted = append(sorted, row)
			}
		}
	}
	return sorted
}

var volumeSourceOrder = []string{
	"GCEPersistentDisk", "AWSElasticBlockStore", "HostPath", "Glusterfs", "NFS", "RBD", "Quobyte", "ISCSI",
	"FlexVolume", "Cinder", "CephFS", "FC", "Flocker", "AzureFile", "VsphereVolume", "AzureDisk",
	"PhotonPersistentDisk", "PortworxVolume", "ScaleIO", "Local", "StorageOS", "CSI",
}

var podVolumeOrder = []string{
	"Name", "HostPath", "EmptyDir", "GCEPersistentDisk", "AWSElasticBlockStore", "GitRepo", "Secret", "NFS", "ISCSI",
	"Glusterfs", "PersistentVolumeClaim", "RBD", "Quobyte", "FlexVolume", "Cinder", "CephFS", "Flocker", "DownwardAPI",
	"FC", "AzureFile", "ConfigMap", "VsphereVolume", "AzureDisk", "PhotonPersistentDisk", "Projected", "PortworxVolume",
	"ScaleIO", "StorageOS", "CSI", "Ephemeral", "Image",
}

func main() {
	roots := []any{
		corev1.PodSpec{}, corev1.PersistentVolumeSource{}, corev1.PersistentVolumeSpec{}, corev1.ObjectReference{},
		batchv1.PodFailurePolicy{}, batchv1.SuccessPolicy{},
		storagev1.CSINodeDriver{}, storagev1.VolumeAttachmentSpec{}, admissionv1.AuditAnnotation{},
		flowcontrolv1.FlowSchemaSpec{}, flowcontrolv1.PriorityLevelConfigurationSpec{},
		resourcev1.ResourceClaimSpec{}, resourcev1.ResourceClaimTemplateSpec{}, resourcev1.AllocationResult{}, resourcev1.DeviceAttribute{},
	}
	for _, root := range roots {
		walk(reflect.TypeOf(root))
	}
	out["PersistentVolumeSource"] = ordered(out["PersistentVolumeSource"], volumeSourceOrder)
	out["Volume"] = ordered(out["Volume"], podVolumeOrder)
	out["PodSpec"] = ordered(out["PodSpec"], podSpecOrder)
	out["PodSecurityContext"] = append(hostFields, ordered(out["PodSecurityContext"], securityContextOrder)...)
	encoder := json.NewEncoder(os.Stdout)
	if err := encoder.Encode(out); err != nil {
		panic(err)
	}
}
