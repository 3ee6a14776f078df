#!/usr/bin/env python3
"""Makes fixtures/github from GitHub's own description of its API and its examples of events.

    npm pack @octokit/openapi @octokit/webhooks-examples    # MIT; in an empty folder
    python3 scripts/github-fixtures.py FOLDER

Takes of the API what Aegis calls: for each endpoint its parameters, the schema of the body and one
example of an answer. `$ref` is resolved and OpenAPI's `nullable` becomes a JSON Schema type.
"""

import json
import pathlib
import sys
import tarfile

OUT = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "github"
ENDPOINTS = [
    ("get", "/user"),
    ("post", "/repos/{owner}/{repo}/check-runs"),
    ("patch", "/repos/{owner}/{repo}/check-runs/{check_run_id}"),
    ("post", "/repos/{owner}/{repo}/code-scanning/sarifs"),
    ("get", "/repos/{owner}/{repo}/code-scanning/sarifs/{sarif_id}"),
    ("get", "/repos/{owner}/{repo}/issues/{issue_number}/comments"),
    ("post", "/repos/{owner}/{repo}/issues/{issue_number}/comments"),
    ("patch", "/repos/{owner}/{repo}/issues/comments/{comment_id}"),
    ("post", "/repos/{owner}/{repo}/statuses/{sha}"),
]
# Name of the file, name and number of the example, keys that are kept.
EVENTS = [
    ("pull_request", "pull_request", "synchronize"),
    ("push", "push", None),
    ("merge_group", "merge_group", "checks_requested"),
    ("workflow_dispatch", "workflow_dispatch", None),
]
NOISE = {"description", "example", "examples", "externalDocs", "x-github", "deprecated", "default"}


def member(folder, package, name):
    archives = sorted(folder.glob(f"octokit-{package}-*.tgz"))
    if not archives:
        sys.exit(f"no octokit-{package}-*.tgz in {folder}; see the head of this script")
    with tarfile.open(archives[-1]) as archive:
        version = json.load(archive.extractfile("package/package.json"))["version"]
        return json.load(archive.extractfile(f"package/{name}")), version


def resolve(node, api):
    """The node without references and without text for people."""
    if isinstance(node, list):
        return [resolve(item, api) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = api
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return resolve(target, api)
    out = {}
    for key, value in node.items():
        if key == "properties":
            out[key] = {name: resolve(schema, api) for name, schema in value.items()}
        elif key not in NOISE:
            out[key] = resolve(value, api)
    if out.pop("nullable", False) and "type" in out:
        out["type"] = [out["type"], "null"]
    return out


def answer(operation, api):
    status = sorted(status for status in operation["responses"] if status.startswith("2"))[0]
    content = operation["responses"][status]["content"]["application/json"]
    example = next(iter(content["examples"].values()))
    if "$ref" in example:
        example = api["components"]["examples"][example["$ref"].rsplit("/", 1)[1]]
    return {"status": int(status), "body": example["value"]}


def endpoint(method, path, api):
    operation = api["paths"][path][method]
    parameters = resolve(operation.get("parameters", []), api)
    body = operation.get("requestBody")
    return {
        "method": method.upper(),
        "path": path,
        "parameters": [{k: p[k] for k in ("name", "in", "schema")} for p in parameters],
        "body": resolve(body["content"]["application/json"]["schema"], api) if body else None,
        "answer": answer(operation, api),
    }


def trimmed(node, depth=0):
    """An event without what no reader of events needs: addresses, and long lists of commits."""
    if isinstance(node, dict):
        return {
            key: trimmed(value, depth + 1)
            for key, value in node.items()
            if not key.endswith("_url") and key not in ("url", "_links", "node_id", "body")
        }
    if isinstance(node, list):
        return [trimmed(item, depth + 1) for item in node[:2]]
    return node


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    api, version = member(folder, "openapi", "generated/api.github.com.json")
    endpoints = [endpoint(method, path, api) for method, path in ENDPOINTS]
    source = f"@octokit/openapi {version} (MIT), generated/api.github.com.json"
    write(OUT / "openapi.json", {"source": source, "endpoints": endpoints})
    examples, _ = member(folder, "webhooks-examples", "api.github.com/index.json")
    for name, event, action in EVENTS:
        found = next(entry["examples"] for entry in examples if entry["name"] == event)
        chosen = next(e for e in found if action is None or e.get("action") == action)
        write(OUT / "events" / f"{name}.json", trimmed(chosen))


main()
