"""What containers are made of: ports, environment, mounts, probes, lifecycle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from miniapi.meta import names
from miniapi.validation import field, rules
from miniapi.validation.downward import ENV_FIELDS, field_reference, resource_reference
from miniapi.validation.field import ErrorList

Part = Mapping[str, Any]
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_PROPAGATIONS = ("Bidirectional", "HostToContainer", "None")
_MORE_HANDLERS = "may not specify more than 1 handler type"


def ports(values: Sequence[Part], path: str) -> ErrorList:
    """validateContainerPorts."""
    errors: ErrorList = []
    seen: set[str] = set()
    for i, value in enumerate(values):
        at = field.index(path, i)
        if name := value.get("name"):
            wrong = rules.each(field.child(at, "name"), name, names.port_name(name))
            if not wrong and name in seen:
                wrong = [field.duplicate(field.child(at, "name"), name)]
            seen.add(name)
            errors += wrong
        if number := value.get("containerPort"):
            errors += rules.port(field.child(at, "containerPort"), number)
        else:
            errors.append(field.required(field.child(at, "containerPort")))
        if number := value.get("hostPort"):
            errors += rules.port(field.child(at, "hostPort"), number)
        errors += rules.choice(field.child(at, "protocol"), value.get("protocol"), _PROTOCOLS)
    return errors


def host_port_conflicts(containers: Sequence[Part], path: str) -> ErrorList:
    """checkHostPortConflicts: a host port belongs to one container."""
    errors: ErrorList = []
    seen: set[str] = set()
    for i, container in enumerate(containers):
        for j, value in enumerate(container.get("ports") or ()):
            if not (number := value.get("hostPort")):
                continue
            key = f"{value.get('protocol', '')}/{value.get('hostIP', '')}/{number}"
            if key in seen:
                at = field.index(field.child(field.index(path, i), "ports"), j)
                errors.append(field.duplicate(field.child(at, "hostPort"), key))
            seen.add(key)
    return errors


def environment(values: Sequence[Part], path: str) -> ErrorList:
    """ValidateEnv."""
    errors: ErrorList = []
    for i, value in enumerate(values):
        name = value.get("name")
        if name and names.is_relaxed_env(name) and value.get("valueFrom") is None:
            continue
        at = field.index(path, i)
        if name:
            errors += rules.each(field.child(at, "name"), name, names.relaxed_env_var_name(name))
        else:
            errors.append(field.required(field.child(at, "name")))
        if value.get("valueFrom") is not None:
            errors += _value_from(value["valueFrom"], value.get("value") or "", field.child(at, "valueFrom"))
    return errors


def _value_from(source: Part, value: str, path: str) -> ErrorList:
    errors: ErrorList = []
    count = 0
    if (ref := source.get("fieldRef")) is not None:
        count += 1
        errors += field_reference(ref, field.child(path, "fieldRef"), ENV_FIELDS)
    if (ref := source.get("resourceFieldRef")) is not None:
        count += 1
        errors += resource_reference(ref, field.child(path, "resourceFieldRef"), in_volume=False)
    for key in ("configMapKeyRef", "secretKeyRef"):
        if (ref := source.get(key)) is not None:
            count += 1
            errors += _key_reference(ref, field.child(path, key))
    if (ref := source.get("fileKeyRef")) is not None:
        count += 1
        errors += _file_reference(ref, field.child(path, "fileKeyRef"))
    if not count:
        why = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
        errors.append(field.invalid(path, "", why))
    elif value:
        errors.append(field.invalid(path, "", "may not be specified when `value` is not empty"))
    elif count > 1:
        errors.append(field.invalid(path, "", "may not have more than one field specified at a time"))
    return errors


def _key_reference(ref: Part, path: str) -> ErrorList:
    return rules.dns_subdomain(field.child(path, "name"), ref.get("name") or "") + _config_key(ref, path)


def _config_key(ref: Part, path: str) -> ErrorList:
    at = field.child(path, "key")
    if not (key := ref.get("key")):
        return [field.required(at)]
    return rules.each(at, key, names.config_map_key(key))


def _file_reference(ref: Part, path: str) -> ErrorList:
    at = field.child(path, "key")
    if key := ref.get("key"):
        errors = rules.each(at, key, names.relaxed_env_var_name(key))
    else:
        errors = [field.required(at)]
    errors += rules.required_dns_label(field.child(path, "volumeName"), ref.get("volumeName"))
    if file := ref.get("path"):
        return errors + rules.no_backsteps(field.child(path, "path"), file)
    return [*errors, field.required(field.child(path, "path"))]


def environment_from(values: Sequence[Part], path: str) -> ErrorList:
    """ValidateEnvFrom."""
    errors: ErrorList = []
    for i, value in enumerate(values):
        at = field.index(path, i)
        if prefix := value.get("prefix"):
            errors += rules.each(field.child(at, "prefix"), prefix, names.relaxed_env_var_name(prefix))
        sources = [key for key in ("configMapRef", "secretRef") if value.get(key) is not None]
        for key in sources:
            where = field.child(at, key, "name")
            if name := value[key].get("name"):
                errors += rules.each(where, name, names.name_is_dns_subdomain(name, True))
            else:
                errors.append(field.required(where))
        if not sources:
            errors.append(field.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"))
        elif len(sources) > 1:
            errors.append(field.invalid(path, "", "may not have more than one field specified at a time"))
    return errors


def volume_mounts(container: Part, volumes: Mapping[str, Part], path: str, *, privileged: bool) -> ErrorList:
    """ValidateVolumeMounts. Paths of single mounts below `path` miss their index where the original's do."""
    errors: ErrorList = []
    devices = {d.get("name") or "": d.get("devicePath") or "" for d in container.get("volumeDevices") or ()}
    seen: set[str] = set()
    for i, mount in enumerate(container.get("volumeMounts") or ()):
        at, name, where = field.index(path, i), mount.get("name") or "", mount.get("mountPath") or ""
        name_path, mount_path = field.child(at, "name"), field.child(at, "mountPath")
        if not name:
            errors.append(field.required(name_path))
        if name not in volumes:
            errors.append(field.not_found(name_path, name))
        if not where:
            errors.append(field.required(mount_path))
        if where in seen:
            errors.append(field.invalid(mount_path, where, "must be unique"))
        seen.add(where)
        if name in devices:
            errors.append(field.invalid(name_path, name, "must not already exist in volumeDevices"))
        if where in devices.values():
            errors.append(field.invalid(mount_path, where, "must not already exist as a path in volumeDevices"))
        errors += _sub_paths(mount, volumes.get(name) or {}, at, path)
        errors += _propagation(mount, path, privileged) + _recursive_read_only(mount, path)
    return errors


def _sub_paths(mount: Part, volume: Part, at: str, path: str) -> ErrorList:
    errors: ErrorList = []
    if volume.get("image") is not None:
        for key in ("subPath", "subPathExpr"):
            if value := mount.get(key):
                errors.append(field.invalid(field.child(at, key), value, "not allowed in image volume sources"))
    sub_path, expression = mount.get("subPath") or "", mount.get("subPathExpr") or ""
    if sub_path:
        errors += rules.descending_path(field.child(path, "subPath"), sub_path)
    if expression:
        if sub_path:
            why = "subPathExpr and subPath are mutually exclusive"
            errors.append(field.invalid(field.child(at, "subPathExpr"), expression, why))
        errors += rules.descending_path(field.child(path, "subPathExpr"), expression)
    return errors


def _propagation(mount: Part, path: str, privileged: bool) -> ErrorList:
    mode, at = mount.get("mountPropagation"), field.child(path, "mountPropagation")
    errors = rules.optional_choice(at, mode, _PROPAGATIONS)
    if mode == "Bidirectional" and not privileged:
        why = "Bidirectional mount propagation is available only to privileged containers"
        errors.append(field.forbidden(at, why))
    return errors


def _recursive_read_only(mount: Part, path: str) -> ErrorList:
    mode, at = mount.get("recursiveReadOnly"), field.child(path, "recursiveReadOnly")
    if mode is None or mode == "Disabled":
        return []
    if mode not in ("Enabled", "IfPossible"):
        return [field.not_supported(at, mode, ("Disabled", "Enabled", "IfPossible"))]
    errors: ErrorList = []
    if not mount.get("readOnly"):
        errors.append(field.forbidden(at, "may only be specified when readOnly is true"))
    if mount.get("mountPropagation") not in (None, "None"):
        errors.append(field.forbidden(at, "may only be specified when mountPropagation is None or not specified"))
    return errors


def volume_devices(container: Part, volumes: Mapping[str, Part], path: str) -> ErrorList:
    """ValidateVolumeDevices."""
    errors: ErrorList = []
    mounts = {m.get("name") or "": m.get("mountPath") or "" for m in container.get("volumeMounts") or ()}
    seen_names: set[str] = set()
    seen_paths: set[str] = set()
    for i, device in enumerate(container.get("volumeDevices") or ()):
        at, name, where = field.index(path, i), device.get("name") or "", device.get("devicePath") or ""
        name_path, device_path = field.child(at, "name"), field.child(at, "devicePath")
        if not name:
            errors.append(field.required(name_path))
        if name in seen_names:
            errors.append(field.invalid(name_path, name, "must be unique"))
        volume = volumes.get(name)
        if volume is None:
            errors.append(field.not_found(name_path, name))
        elif volume.get("persistentVolumeClaim") is None and volume.get("ephemeral") is None:
            why = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"
            errors.append(field.invalid(name_path, name, why))
        if not where:
            errors.append(field.required(device_path))
        if where in seen_paths:
            errors.append(field.invalid(device_path, where, "must be unique"))
        if where and rules.no_backsteps(device_path, where):
            errors.append(field.invalid(device_path, where, "can not contain backsteps ('..')"))
        else:
            seen_paths.add(where)
        if name in mounts:
            errors.append(field.invalid(name_path, name, "must not already exist in volumeMounts"))
        if where in mounts.values():
            errors.append(field.invalid(device_path, where, "must not already exist as a path in volumeMounts"))
        if name:
            seen_names.add(name)
    return errors


def lifecycle(value: Part, path: str, grace_seconds: int | None) -> ErrorList:
    """validateLifecycle."""
    errors: ErrorList = []
    for key in ("postStart", "preStop"):
        if value.get(key) is not None:
            errors += _handler(value[key], field.child(path, key), grace_seconds)
    return errors


def _handler(handler: Part, path: str, grace_seconds: int | None) -> ErrorList:
    errors: ErrorList = []
    count = 0
    for key in ("exec", "httpGet", "tcpSocket", "grpc", "sleep"):
        if (action := handler.get(key)) is None:
            continue
        at = field.child(path, key)
        errors += [field.forbidden(at, _MORE_HANDLERS)] if count else _action(key, action, at, grace_seconds)
        count += 1
    return errors if count else [field.required(path, "must specify a handler type")]


def _action(key: str, action: Part, path: str, grace_seconds: int | None) -> ErrorList:
    if key == "exec":
        return rules.required_fields(action, path, "command")
    if key == "httpGet":
        return _http_get(action, path)
    if key == "sleep":
        seconds = action.get("seconds") or 0
        if grace_seconds is None or 0 <= seconds <= grace_seconds:
            return []
        why = f"must be non-negative and less than terminationGracePeriodSeconds ({grace_seconds})"
        return [field.invalid(path, seconds, why)]
    return rules.port_number_or_name(field.child(path, "port"), action.get("port"))


def _http_get(action: Part, path: str) -> ErrorList:
    errors = rules.required_fields(action, path, "path")
    errors += rules.port_number_or_name(field.child(path, "port"), action.get("port"))
    scheme = action.get("scheme") or ""
    if scheme not in ("HTTP", "HTTPS"):
        errors.append(field.not_supported(field.child(path, "scheme"), scheme, ("HTTP", "HTTPS")))
    for header in action.get("httpHeaders") or ():
        name = header.get("name") or ""
        errors += rules.each(field.child(path, "httpHeaders"), name, names.http_header_name(name))
    return errors


def probes(container: Part, path: str, grace_seconds: int | None) -> ErrorList:
    """Liveness, readiness and startup probe, in this order."""
    errors: ErrorList = []
    for key in ("livenessProbe", "readinessProbe", "startupProbe"):
        if (probe := container.get(key)) is None:
            continue
        at = field.child(path, key)
        errors += _probe(probe, at, grace_seconds)
        if key == "readinessProbe":
            if (seconds := probe.get("terminationGracePeriodSeconds")) is not None:
                where = field.child(at, "terminationGracePeriodSeconds")
                errors.append(field.invalid(where, seconds, "must not be set for readinessProbes"))
        elif (threshold := probe.get("successThreshold") or 0) != 1:
            errors.append(field.invalid(field.child(at, "successThreshold"), threshold, "must be 1"))
    return errors


def _probe(probe: Part, path: str, grace_seconds: int | None) -> ErrorList:
    errors = _handler({k: v for k, v in probe.items() if k != "sleep"}, path, grace_seconds)
    errors += rules.not_negative_fields(
        probe, path, "initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"
    )
    seconds = probe.get("terminationGracePeriodSeconds")
    if seconds is not None and seconds <= 0:
        errors.append(
            field.invalid(field.child(path, "terminationGracePeriodSeconds"), seconds, "must be greater than 0")
        )
    return errors
