// Builds what is looked at from the report's JSON. Text goes in as text, never as markup. The rows of a clause are
// built when it is opened, a page of them at a time, so that a report of many thousand resources opens at once.
"use strict";
(() => {
  const { report, labels } = JSON.parse(document.getElementById("data").textContent);
  const PAGE = 50, PRINTED = 1000;
  const word = (name) => labels.words[name] ?? name;
  const say = (text) => (text ? text[labels.lang] : "");
  const fill = (name, values) => word(name).replace(/\{(\w+)\}/g, (_, key) => values[key]);
  const reason = (one) => (labels.lang === "ja" && one.msg_ja) || one.msg;
  const el = (tag, properties, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(properties ?? {})) {
      if (name in made && name !== "form") made[name] = value;
      else made.setAttribute(name, value);
    }
    made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
    return made;
  };
  const badge = (state, text) => el("span", { className: `badge ${state}` }, text);
  const japan = (moment) => (moment ? `${moment.japan.slice(0, 16).replace("T", " ")} (${word("japan")}) / ${moment.utc}` : "");
  const facts = (pairs) => el("dl", { className: "facts" },
    pairs.filter(([, value]) => value).map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
  const list = (texts) => el("ul", { className: "plain" }, texts.map((text) => el("li", {}, text)));
  const table = (caption, heads, rows) => {
    const made = el("table", {}, el("caption", {}, caption),
      el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, rows.map((row) => el("tr", {}, row.map((cell) => el("td", {}, cell ?? ""))))));
    return el("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": caption }, made);
  };

  // What the filters ask for, and which rows of a policy fit; the answer is kept until the filters change.
  const wanted = { state: "", severity: "", account: "", finding: "", text: "" };
  const finding = (row) => {
    if (row.waiver && !row.waiver.expired && row.finding !== "UNKNOWN") return "WAIVED";
    return row.waiver && row.finding === "NON_COMPLIANT" ? "EXPIRED" : row.finding;
  };
  const kind = (row) => (finding(row) === "EXPIRED" ? "NON_COMPLIANT" : finding(row));
  const lower = (...texts) => texts.filter(Boolean).join("\n").toLowerCase();
  const hay = (row) => (row.hay ??= lower(row.resourceType, row.resourceId, row.accountId, row.region, row.waiver?.id,
    row.waiver?.owner, row.reasons.map(reason).join("\n")));
  const rowsAsked = () => wanted.account || wanted.finding;
  let kept = new Map();
  const fitting = (policy, textIsFound) => {
    const key = `${policy.id} ${textIsFound}`;
    if (!kept.has(key)) {
      kept.set(key, policy.rows.filter((row) =>
        (!wanted.account || row.accountId === wanted.account)
        && (!wanted.finding || kind(row) === wanted.finding)
        && (!wanted.text || textIsFound || hay(row).includes(wanted.text))));
    }
    return kept.get(key);
  };
  // The policies and attestations of a clause that fit, with their rows; null where the clause does not fit.
  const fit = (clause) => {
    if (wanted.state && clause.state !== wanted.state) return null;
    const inClause = !wanted.text || lower(clause.label.ja, clause.label.en, say(clause.title), say(clause.notCheckable)).includes(wanted.text);
    const policies = [];
    for (const shown of clause.policies) {
      const policy = report.policies[shown.id];
      if (!policy) {
        if (inClause && !wanted.severity && !rowsAsked()) policies.push({ shown, policy: null, rows: [] });
        continue;
      }
      if (wanted.severity && policy.severity !== wanted.severity) continue;
      const found = inClause || lower(policy.id, say(policy.title)).includes(wanted.text);
      const rows = fitting(policy, found);
      if (rows.length || (found && !rowsAsked())) policies.push({ shown, policy, rows });
    }
    const attestations = wanted.severity || rowsAsked() ? []
      : clause.attestations.filter((entry) => inClause || lower(entry.id, entry.approver, entry.evidenceUri).includes(wanted.text));
    const asked = wanted.severity || rowsAsked() || !inClause;
    return policies.length || attestations.length || !asked ? { policies, attestations } : null;
  };

  const waiver = (one) => one && [el("strong", {}, one.id), one.expired ? ` (${word("waiver.expired")})` : "", el("br"),
    [["expires_on", one.expiresOn], ["owner", one.owner], ["approver", one.approver], ["approved_on", one.approvedOn],
      ["reason", (labels.lang === "ja" ? one.reasonJa : one.reasonEn) || one.reasonEn || one.reasonJa],
      ["compensating", one.compensatingControl], ["ticket", one.ticket]]
      .filter(([, value]) => value).flatMap(([name, value]) => [`${word(name)}: ${value}`, el("br")])];
  const cells = (row) => {
    const found = finding(row);
    const colour = { COMPLIANT: "yes", NON_COMPLIANT: "no", EXPIRED: "no", UNKNOWN: "unknown" }[found] ?? "not_applicable";
    return [badge(colour, word(`finding.${found}`)), row.accountId, row.region,
      [el("span", { className: "mono" }, row.resourceType), el("br"), el("span", { className: "mono" }, row.resourceId)],
      row.reasons.map((one) => el("div", {}, reason(one))), waiver(row.waiver),
      row.capturedAt ? japan(row.capturedAt) : ""];
  };
  const heads = ["finding", "account", "region", "resource_id", "reasons", "waiver", "captured_japan"].map((name) => word(`col.${name}`));
  const rowTable = (policy, rows, from, size) => table(fill("rows_of", { policy: policy.id }), heads, rows.slice(from, from + size).map(cells));
  const pages = (policy, rows, printing) => {
    if (!rows.length) return el("p", { className: "faint" }, word("no_rows"));
    if (printing) {
      const rest = rows.length - PRINTED;
      return el("div", {}, rowTable(policy, rows, 0, PRINTED), rest > 0 ? el("p", {}, fill("print_rest", { n: rest })) : "");
    }
    const place = el("div");
    const count = el("span", { role: "status" });
    let from = 0;
    const show = () => {
      place.replaceChildren(rowTable(policy, rows, from, PAGE));
      count.textContent = fill("page_of", { from: from + 1, to: Math.min(from + PAGE, rows.length), all: rows.length });
      previous.disabled = from === 0;
      next.disabled = from + PAGE >= rows.length;
    };
    // A button that becomes disabled would lose the focus of the keyboard.
    const turn = (by, other) => (event) => { from += by; show(); if (event.target.disabled) other().focus(); };
    const previous = el("button", { type: "button", onclick: turn(-PAGE, () => next) }, word("prev"));
    const next = el("button", { type: "button", onclick: turn(PAGE, () => previous) }, word("next"));
    show();
    return el("div", {}, place, rows.length > PAGE ? el("div", { className: "pager" }, previous, next, count) : "");
  };

  const policyPart = ({ shown, policy, rows }, printing) => {
    if (!policy) return el("section", { className: "policy" }, el("h4", {}, shown.id), list(shown.why.map(say)));
    const parameters = policy.parameters.map((run) => (run === null ? word("unknown_parameters") : JSON.stringify(run)));
    return el("section", { className: "policy" },
      el("h4", {}, badge(shown.state, word(`state.${shown.state}`)), ` ${say(policy.title)} `, el("code", {}, policy.id)),
      policy.residency ? el("p", { className: "note" }, word("residency")) : "",
      facts([
        [word("filter.severity"), word(`severity.${policy.severity}`)],
        [word("evaluated"), japan(policy.evaluatedAt)],
        [word("parameters"), parameters.length ? el("code", {}, [...new Set(parameters)].join(" ")) : ""],
        [word("why"), shown.why.length ? list(shown.why.map(say)) : ""],
        [word("differs"), shown.differs.length ? list(shown.differs.map(say)) : ""],
        [word("remediation"), policy.counts.nonCompliant ? say(policy.remediation) : ""],
      ]),
      pages(policy, rows, printing));
  };
  const attestationPart = (entries) => table(word("attestations"),
    [word("attestations"), word("col.result"), word("done_on"), word("expires_on"), word("approver"), word("evidence"), word("reason")],
    entries.map((entry) => [entry.id, badge(entry.state, word(`state.${entry.state}`)), entry.doneOn, entry.expiresOn, entry.approver,
      [entry.evidenceUri ?? "", entry.sha256 ? [el("br"), el("span", { className: "mono" }, `SHA-256: ${entry.sha256}`)] : ""].flat(),
      entry.why.length ? list(entry.why.map(say)) : ""]));
  const body = (clause, found, printing) => el("div", { className: "body" },
    facts([
      [word("col.coverage"), word(`coverage.${clause.coverage}`)],
      [word("col.confidence"), word(`confidence.${clause.confidence}`)],
      [word("evaluated"), japan(clause.evaluatedAt)],
      [word("target_date"), clause.state === "no" ? report.targetDate : ""],
    ]),
    clause.notCheckable ? [el("h3", {}, word("not_checkable")), el("p", {}, say(clause.notCheckable))] : "",
    found.attestations.length ? [el("h3", {}, word("attestations")), attestationPart(found.attestations)] : "",
    found.policies.length ? [el("h3", {}, word("policies")), found.policies.map((one) => policyPart(one, printing))] : "");

  // One entry a clause: its element, and how its body is built.
  const entries = [];
  const clauseElement = (clause) => {
    const details = el("details", { className: "clause" }, el("summary", {},
      badge(clause.state, word(`state.${clause.state}`)),
      el("strong", {}, say(clause.label)), el("span", { className: "title" }, say(clause.title)),
      el("span", { className: "faint" }, `${word("col.coverage")}: ${word(`coverage.${clause.coverage}`)}`)));
    const entry = { clause, details, found: null };
    entry.build = (printing) => {
      details.querySelector(":scope > .body")?.remove();
      if (details.open && entry.found) details.append(body(clause, entry.found, printing));
    };
    details.addEventListener("toggle", () => {
      if (details.open !== Boolean(details.querySelector(":scope > .body"))) entry.build(false);
    });
    entries.push(entry);
    return details;
  };
  const guidelineSection = (guideline) => {
    const link = /^https:\/\//.test(guideline.source) ? el("a", { href: guideline.source, rel: "noreferrer" }, guideline.source) : guideline.source;
    return el("section", { className: "guideline" },
      el("h2", {}, `${say(guideline.title)} ${guideline.edition}${guideline.part ? ` ${guideline.part}` : ""}`),
      facts([[word("publisher"), say(guideline.publisher)], [word("source"), link]]),
      guideline.note ? el("p", { className: "faint" }, say(guideline.note)) : "",
      guideline.clauses.map(clauseElement));
  };

  const states = ["yes", "no", "not_applicable", "unknown", "not_checkable"];
  const summary = () => table(word("summary"), [word("col.guideline"), ...states.map((state) => word(`state.${state}`))],
    report.guidelines.map((guideline) => [`${say(guideline.title)} ${guideline.edition}${guideline.part ? ` ${guideline.part}` : ""}`,
      ...states.map((state) => String(guideline.clauses.filter((clause) => clause.state === state).length))]));

  const status = el("p", { className: "faint", role: "status" });
  const nothing = el("p", { hidden: true }, word("nothing"));
  const apply = () => {
    kept = new Map();
    let clauses = 0;
    const seen = new Map();
    for (const entry of entries) {
      entry.found = fit(entry.clause);
      entry.details.hidden = !entry.found;
      clauses += entry.found ? 1 : 0;
      for (const { shown, rows } of entry.found?.policies ?? []) {
        seen.set(shown.id, Math.max(rows.length, seen.get(shown.id) ?? 0));
      }
      entry.build(false);
    }
    document.querySelectorAll("section.guideline").forEach((section) => {
      section.hidden = !section.querySelector("details.clause:not([hidden])");
    });
    nothing.hidden = clauses > 0;
    status.textContent = fill("shown", { clauses, rows: [...seen.values()].reduce((sum, rows) => sum + rows, 0) });
  };
  const select = (name, title, options) => el("label", {}, title,
    el("select", { name, onchange: (event) => { wanted[name] = event.target.value; apply(); } },
      [["", word("filter.all")], ...options].map(([value, text]) => el("option", { value }, text))));
  const accounts = new Set();
  for (const policy of Object.values(report.policies)) policy.rows.forEach((row) => row.accountId && accounts.add(row.accountId));
  let waiting = 0;
  const search = el("input", { type: "search", name: "text", autocomplete: "off", oninput: (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { wanted.text = event.target.value.trim().toLowerCase(); apply(); }, 150);
  } });
  const openAll = (open) => () => entries.forEach((entry) => { if (entry.found) entry.details.open = open; });
  const filters = el("form", { className: "filters", role: "search", "aria-label": word("filters"),
    onsubmit: (event) => event.preventDefault(),
    onreset: () => { clearTimeout(waiting); for (const name of Object.keys(wanted)) wanted[name] = ""; apply(); } },
    select("state", word("filter.state"), states.map((state) => [state, word(`state.${state}`)])),
    select("severity", word("filter.severity"), ["critical", "high", "medium", "low"].map((name) => [name, word(`severity.${name}`)])),
    select("account", word("filter.account"), [...accounts].sort().map((account) => [account, account])),
    select("finding", word("filter.finding"), ["NON_COMPLIANT", "UNKNOWN", "WAIVED", "COMPLIANT", "NOT_APPLICABLE"].map((name) => [name, word(`finding.${name}`)])),
    el("label", { className: "wide" }, word("filter.text"), search),
    el("button", { type: "reset" }, word("filter.clear")));
  const tools = el("p", { className: "tools" }, el("button", { type: "button", onclick: openAll(true) }, word("open_all")), " ",
    el("button", { type: "button", onclick: openAll(false) }, word("close_all")));

  const main = document.getElementById("report");
  const notes = (kind, title, texts) => (texts.length ? el("div", { className: `note ${kind}` }, el("strong", {}, title), list(texts.map(say))) : "");
  const residency = Object.values(report.policies).some((policy) => policy.residency && policy.rows.length);
  main.append(...[
    el("p", {}, word("intro")),
    facts([
      [word("made"), japan(report.createdAt)],
      [word("revision"), el("code", {}, report.provenance.revision ?? word("no_revision"))],
      [word("sha256"), el("code", {}, report.provenance.sha256)],
      [word("sources"), list(report.sources.map((source) => [source.file, source.kind, japan(source.evaluatedAt), `SHA-256: ${source.sha256}`].filter(Boolean).join(" / ")))],
    ]),
    notes("bad", word("incomplete"), report.incomplete),
    residency ? el("p", { className: "note", id: "residency" }, word("residency")) : "",
    notes("", word("notes"), report.notes),
    summary(), filters, status, tools, nothing,
    report.guidelines.map(guidelineSection),
  ].flat().filter(Boolean));
  apply();

  // On paper every clause that is shown stands open, with all its rows up to a number that a printer can take.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = entries.filter((entry) => entry.found && !entry.details.open);
    for (const entry of entries) {
      if (!entry.found) continue;
      entry.details.open = true;
      entry.build(true);
    }
  });
  addEventListener("afterprint", () => {
    opened.forEach((entry) => { entry.details.open = false; });
    entries.forEach((entry) => entry.build(false));
    opened = [];
  });
})();
