package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"

	admv1 "k8s.io/api/admission/v1"
	admv1beta1 "k8s.io/api/admission/v1beta1"
	discv2 "k8s.io/api/apidiscovery/v2"
	discv2beta1 "k8s.io/api/apidiscovery/v2beta1"
	asv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	imgv1 "k8s.io/api/imagepolicy/v1alpha1"
	resv1alpha3 "k8s.io/api/resource/v1alpha3"
	apiext "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextv1beta1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1beta1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1beta1 "k8s.io/apimachinery/pkg/apis/meta/v1beta1"
	carp "k8s.io/apimachinery/pkg/apis/testapigroup/v1"
	"k8s.io/apimachinery/pkg/runtime"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	ex1 "k8s.io/apiserver/pkg/apis/example/v1"
	ex2 "k8s.io/apiserver/pkg/apis/example2/v1"
	"k8s.io/client-go/kubernetes/scheme"
	apireg "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	aggv1beta1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1beta1"
	cm1 "k8s.io/metrics/pkg/apis/custom_metrics/v1beta1"
	cm2 "k8s.io/metrics/pkg/apis/custom_metrics/v1beta2"
	em1 "k8s.io/metrics/pkg/apis/external_metrics/v1beta1"
	m1a "k8s.io/metrics/pkg/apis/metrics/v1alpha1"
	m1b "k8s.io/metrics/pkg/apis/metrics/v1beta1"
)

var out = map[string][][]any{}
var gvks = map[string]string{}

func name(t reflect.Type) string {
	return strings.NewReplacer("-", "_", "/", ".").Replace(t.PkgPath()) + "." + t.Name()
}

func describe(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Ptr:
		return "*" + describe(t.Elem())
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		walk(t.Elem())
		return named(t) + "[]" + describe(t.Elem())
	case reflect.Map:
		walk(t.Elem())
		return named(t) + "map[" + describe(t.Elem()) + "]"
	case reflect.Struct:
		walk(t)
		return name(t)
	}
	return named(t) + t.Kind().String()
}

// named is "@v1.Protocol:" for a defined type that is no struct, or a map with such keys: what errors call it.
func named(t reflect.Type) string {
	if t.PkgPath() == "" && (t.Kind() != reflect.Map || t.Key().PkgPath() == "") {
		return ""
	}
	return "@" + t.String() + ":"
}

func walk(t reflect.Type) {
	for t.Kind() == reflect.Ptr {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return
	}
	n := name(t)
	if _, ok := out[n]; ok {
		return
	}
	out[n] = nil
	var rows [][]any
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		if f.PkgPath != "" {
			continue
		}
		tag := strings.Split(f.Tag.Get("json"), ",")
		if tag[0] == "-" {
			continue
		}
		flags := strings.Join(tag[1:], ",")
		if len(tag) == 1 && tag[0] == "" {
			flags = "untagged"
		}
		rows = append(rows, []any{tag[0], f.Name, describe(f.Type), flags})
	}
	out[n] = rows
}

func main() {
	s := runtime.NewScheme()
	scheme.AddToScheme(s)
	apiext.AddToScheme(s)
	apireg.AddToScheme(s)
	metav1.AddMetaToScheme(s)
	for gvk, t := range s.AllKnownTypes() {
		walk(t)
		g := gvk.Group
		gvks[g+"/"+gvk.Version+"/"+gvk.Kind] = name(t)
	}
	for _, v := range []any{metav1.Status{}, metav1.Table{}, metav1.PartialObjectMetadata{}, metav1.PartialObjectMetadataList{}, metav1.APIGroup{}, metav1.APIResourceList{}, metav1.APIVersions{}, metav1.APIGroupList{}} {
		walk(reflect.TypeOf(v))
	}
	if len(os.Args) > 1 && os.Args[1] == "all" {
		// Messages that no served kind leads to: tools/import_protobuf.py knows every one.
		for _, v := range []any{metav1.ApplyOptions{}, metav1.GroupKind{}, metav1.GroupVersion{}, metav1.GroupVersionKind{}, metav1.GroupVersionResource{}, metav1.List{}, metav1.Patch{}, metav1.RootPaths{},
			admv1.AdmissionReview{}, admv1beta1.AdmissionReview{}, discv2.APIGroupDiscoveryList{}, discv2beta1.APIGroupDiscoveryList{},
			asv1.MetricSpec{}, asv1.MetricStatus{}, asv1.HorizontalPodAutoscalerCondition{}, corev1.AvoidPods{}, imgv1.ImageReview{}, resv1alpha3.DeviceSelector{},
			apiextv1beta1.CustomResourceDefinitionList{}, apiextv1beta1.ConversionReview{}, metav1beta1.PartialObjectMetadataList{}, carp.CarpList{}, auditv1.EventList{}, auditv1.PolicyList{}, ex1.PodList{}, ex2.ReplicaSet{},
			aggv1beta1.APIServiceList{}, cm1.MetricListOptions{}, cm1.MetricValueList{}, cm2.MetricListOptions{}, cm2.MetricValueList{}, em1.ExternalMetricValueList{},
			m1a.NodeMetricsList{}, m1a.PodMetricsList{}, m1b.NodeMetricsList{}, m1b.PodMetricsList{}, corev1.Preconditions{}, corev1.PodSignature{}} {
			walk(reflect.TypeOf(v))
		}
	}
	e := json.NewEncoder(os.Stdout)
	e.Encode(map[string]any{"types": out, "kinds": gvks})
}
