package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"

	apiext "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	apireg "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
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

// named is "@v1.Protocol:" for a defined type that is no struct: what errors call it.
func named(t reflect.Type) string {
	if t.PkgPath() == "" {
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
		if len(tag) == 1 && tag[0] == "" { flags = "untagged" }
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
	e := json.NewEncoder(os.Stdout)
	e.Encode(map[string]any{"types": out, "kinds": gvks})
}
