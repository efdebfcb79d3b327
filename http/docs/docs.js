"use strict";

// Shows an OpenAPI description and sends requests from it. No library, nothing from elsewhere.

const methods = ["get", "post", "put", "patch", "delete"];
let api;

// el makes an element; text is always text, never markup.
function el(tag, attributes, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) e.setAttribute(name, value === true ? "" : value);
  }
  e.append(...children.filter((c) => c !== undefined && c !== null));
  return e;
}

// prose shows the little Markdown that descriptions use: paragraphs and **bold**.
function prose(text) {
  return (text || "").split(/\n\s*\n/).filter(Boolean).map((paragraph) =>
    el("p", {}, ...paragraph.split("**").map((part, i) => (i % 2 ? el("strong", {}, part) : part))));
}

function operations() {
  const all = [];
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of methods) if (item[method]) all.push({ path, method: method.toUpperCase(), ...item[method] });
  }
  return all;
}

function resolve(schema) {
  return schema && schema.$ref ? { ...api.components.schemas[schema.$ref.split("/").pop()], ...schema } : schema || {};
}

// typeName is a schema in a few words.
function typeName(schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.oneOf) return schema.oneOf.map(typeName).join(" or ");
  if (schema.enum) return schema.enum.join(" | ");
  const types = [].concat(schema.type || "any");
  return types.map((t) => (t === "array" ? "list of " + typeName(schema.items) : t + (schema.format && t !== "null" ? " (" + schema.format + ")" : ""))).join(" or ");
}

// limits tells the bounds of a value.
function limits(s) {
  const said = [];
  if (s.minimum !== undefined) said.push("from " + s.minimum);
  if (s.exclusiveMinimum !== undefined) said.push("above " + s.exclusiveMinimum);
  if (s.maximum !== undefined) said.push("to " + s.maximum);
  if (s.maxLength !== undefined) said.push("at most " + s.maxLength + " characters");
  if (s.maxItems !== undefined) said.push("at most " + s.maxItems + " items");
  if (s.default !== undefined) said.push("default " + s.default);
  return said.join(", ");
}

// fields is a table of an object's properties; objects inside open on demand.
function fields(schema, depth) {
  const s = resolve(schema);
  if (s.type === "array") return fields(s.items, depth);
  if (!s.properties) return el("p", {}, el("code", {}, typeName(schema)));
  const rows = Object.entries(s.properties).map(([name, p]) => {
    const inner = p.$ref ? p : p.type === "array" && p.items && p.items.$ref ? p.items : null;
    const opened = inner && depth < 5 ? el("details", { ontoggle: (e) => {
      if (e.target.open && e.target.childElementCount === 1) e.target.append(fields(inner, depth + 1));
    } }, el("summary", {}, typeName(p))) : el("code", {}, typeName(p));
    const needed = (s.required || []).includes(name);
    return el("tr", {}, el("td", { class: needed ? "needed" : "" }, el("code", {}, name)), el("td", {}, opened),
      el("td", { class: "soft" }, [p.description, limits(p)].filter(Boolean).join("; ")));
  });
  return el("table", {}, el("tbody", {}, ...rows));
}

function parameterInput(p) {
  const s = resolve(p.schema), id = p.in + "." + p.name;
  const example = (s.examples || [])[0];
  const attributes = { id, name: id, placeholder: example !== undefined && p.in !== "path" ? String(example) : undefined };
  const options = s.enum || (s.type === "boolean" ? ["true", "false"] : null);
  const input = options
    ? el("select", attributes, el("option", { value: "" }, ""), ...options.map((v) => el("option", {}, v)))
    : el("input", { ...attributes, type: s.type === "integer" ? "number" : "text", min: s.minimum, max: s.maximum });
  const note = [p.description, limits(s)].filter(Boolean).join(" ");
  return [el("label", { for: id, class: p.required ? "needed" : "" }, p.name), el("div", {}, input, el("div", { class: "soft" }, note))];
}

function bodyInput(body) {
  const kinds = Object.keys(body.content);
  const area = el("textarea", { id: "body", name: "body", spellcheck: "false" });
  const fill = (kind) => {
    const example = body.content[kind].example;
    area.value = example === undefined ? "" : JSON.stringify(example, null, 2);
  };
  fill(kinds[0]);
  const kind = el("select", { id: "kind", name: "kind", onchange: (e) => fill(e.target.value) }, ...kinds.map((k) => el("option", {}, k)));
  return [el("label", { for: "kind" }, "Content-Type"), el("div", {}, kind), el("label", { for: "body", class: "needed" }, "body"), el("div", {}, area)];
}

// request makes of the form what fetch takes.
function request(op, form) {
  let path = op.path;
  const query = new URLSearchParams(), headers = {};
  for (const p of op.parameters || []) {
    const value = form.elements[p.in + "." + p.name].value;
    if (p.in === "path") path = path.replace("{" + p.name + "}", encodeURIComponent(value));
    else if (value !== "" && p.in === "query") query.set(p.name, value);
    else if (value !== "" && p.in === "header") headers[p.name] = value;
  }
  const token = document.getElementById("token").value.trim();
  if (token) headers.Authorization = "Bearer " + token;
  const options = { method: op.method, headers };
  if (op.requestBody) {
    headers["Content-Type"] = form.elements.kind.value;
    options.body = form.elements.body.value;
  }
  return [path + (query.size ? "?" + query : ""), options];
}

// curl is the same request for a shell, which knows the token as $TOKEN.
function curl(path, options) {
  const quoted = (s) => "'" + s.replaceAll("'", "'\\''") + "'";
  const parts = ["curl", "-sS"];
  if (options.method !== "GET") parts.push("-X", options.method);
  for (const [name, value] of Object.entries(options.headers)) {
    parts.push("-H", name === "Authorization" ? '"Authorization: Bearer $TOKEN"' : quoted(name + ": " + value));
  }
  if (options.body) parts.push("--data-binary", quoted(options.body));
  return parts.concat(quoted(location.origin + path)).join(" ");
}

async function send(op, form, out) {
  const [path, options] = request(op, form);
  const button = form.querySelector("button");
  button.disabled = true;
  out.replaceChildren(el("h3", {}, "As a command"), el("pre", {}, curl(path, options)));
  try {
    const began = performance.now();
    const answer = await fetch(path, options);
    let text = await answer.text();
    try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* no JSON: as it is */ }
    const headers = ["etag", "location", "gifty-position", "idempotent-replayed", "retry-after", "x-request-id"]
      .filter((h) => answer.headers.has(h)).map((h) => h + ": " + answer.headers.get(h)).join("\n");
    out.append(el("h3", {}, answer.status + " " + answer.statusText + " ", el("span", { class: "soft" }, Math.round(performance.now() - began) + " ms")),
      el("pre", {}, headers), el("pre", {}, text));
  } catch (e) {
    out.append(el("p", {}, "The request did not get through: " + e.message));
  }
  button.disabled = false;
}

// admitted tells whom an operation admits.
function admitted(op) {
  const roles = new Set((op.security || []).flatMap((way) => Object.keys(way).length ? Object.values(way).flat() : [""]));
  if (roles.has("")) return "Anybody may call this.";
  const names = { giver: "givers, for what is theirs; with a token, signed in, or anonymous (create-anonymous-giver)", user: "people who signed in" };
  return "For " + [...roles].map((r) => names[r] || "the scope " + r).join(", or ") + ".";
}

function showOperation(op) {
  const out = el("div", { "aria-live": "polite" });
  const form = el("form", { onsubmit: (e) => { e.preventDefault(); send(op, form, out); } },
    el("div", { class: "grid" }, ...(op.parameters || []).flatMap(parameterInput), ...(op.requestBody ? bodyInput(op.requestBody) : [])),
    el("button", {}, "Send"));
  const page = [el("h2", {}, op.summary), el("p", { class: "path" }, el("span", { class: "method " + op.method }, op.method), " " + op.path), ...prose(op.description),
    el("p", { class: "soft" }, admitted(op)), el("h3", {}, "Try it"), form, out];
  const json = op.requestBody && Object.values(op.requestBody.content).find((m) => m.schema && resolve(m.schema).properties);
  if (json) page.push(el("h3", {}, "Request"), fields(json.schema, 0));
  for (const [status, r] of Object.entries(op.responses)) {
    const content = r.content && Object.values(r.content)[0];
    if (status < 300) page.push(el("h3", {}, "Answer " + status), content ? fields(content.schema, 0) : "");
  }
  const errors = Object.entries(op.responses).filter(([status]) => status >= 400).map(([status, r]) => status + " " + r.description);
  page.push(el("h3", {}, "Errors"), el("p", {}, errors.join(" · ")), el("details", {}, el("summary", {}, "Problem"), fields({ $ref: "#/components/schemas/Problem" }, 0)));
  document.getElementById("main").replaceChildren(...page);
  document.title = op.operationId + " · Gifty API";
}

function showStart() {
  document.getElementById("main").replaceChildren(el("h2", {}, api.info.title), ...prose(api.info.description));
  document.title = "Gifty API";
}

function showList() {
  const wanted = document.getElementById("find").value.toLowerCase();
  const found = operations().filter((op) => (op.operationId + op.path + op.summary).toLowerCase().includes(wanted));
  const groups = (api.tags || []).map((tag) => [tag, found.filter((op) => (op.tags || []).includes(tag.name))]).filter(([, ops]) => ops.length);
  const current = location.hash.slice(1);
  document.getElementById("list").replaceChildren(...groups.flatMap(([tag, ops]) => [
    el("h2", { title: tag.description }, tag.name),
    el("ul", {}, ...ops.map((op) => el("li", {}, el("a", { href: "#" + op.operationId, title: op.summary, "aria-current": op.operationId === current && "page" },
      el("span", { class: "method " + op.method }, op.method), op.operationId)))),
  ]));
}

function show() {
  const op = operations().find((o) => o.operationId === location.hash.slice(1));
  if (op) showOperation(op); else showStart();
  showList();
  document.getElementById("main").focus();
  scrollTo(0, 0);
}

async function start() {
  api = await (await fetch("/openapi.json")).json();
  document.getElementById("version").textContent = api.info.version;
  document.getElementById("find").addEventListener("input", showList);
  addEventListener("hashchange", show);
  show();
}

start().catch((e) => { document.getElementById("main").textContent = "The description could not be loaded: " + e.message; });
