// Prints the pod types as the original's internal version names them: type -> [[GoName, jsonName, form], ...].
// Internal types carry no JSON tags, so that a validation message that shows a whole value shows Go names.
package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"

	corev1 "k8s.io/api/core/v1"
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
		if t.PkgPath() != "k8s.io/api/core/v1" {
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

func main() {
	walk(reflect.TypeOf(corev1.PodSpec{}))
	out["PodSpec"] = ordered(out["PodSpec"], podSpecOrder)
	out["PodSecurityContext"] = append(hostFields, ordered(out["PodSecurityContext"], securityContextOrder)...)
	encoder := json.NewEncoder(os.Stdout)
	if err := encoder.Encode(out); err != nil {
		panic(err)
	}
}
