//! What is kept of an input, for each way to read it.
#![allow(clippy::unwrap_used)]
use super::*;
use serde_json::json;

/// `{a:{b} c [d] <e>}`: fields in their order, each element in brackets, what a text is as JSON; what is whole has nothing
/// behind its name.
fn written(mask: &Mask) -> String {
    match mask {
        Mask::All => "*".to_owned(),
        Mask::Parts(Parts { names, each, document }) => {
            let names = names.iter().map(|(name, mask)| match mask {
                Mask::All => name.to_owned(),
                Mask::Parts(_) => format!("{name}:{}", written(mask)),
            });
            let each = each.iter().map(|mask| format!("[{}]", written(mask)));
            let document = document.iter().map(|mask| format!("<{}>", written(mask)));
            format!("{{{}}}", names.chain(each).chain(document).collect::<Vec<_>>().join(" "))
        }
    }
}

const LIBRARY: &str = r"
package sekisho.lib
first(value) := value.first if is_object(value)
at(holder, path) := object.get(holder, path, null)
list(value) := value if {
	is_array(value)
} else := value if {
	is_set(value)
} else := [] if {
	is_null(value)
} else := [value]
either(value) := value if is_string(value)
either(value) := value.name if is_object(value)
region := input.awsRegion
";

/// What `rules` read of the input beside its type, and of the inventory.
fn masks(rules: &str) -> (String, String) {
    let mut engine = regorus::Engine::new();
    engine.add_policy("lib.rego".into(), LIBRARY.into()).unwrap();
    let head = "package p\nimport data.sekisho.lib\nimport data.sekisho.lib as other\n";
    engine.add_policy("p.rego".into(), format!("{head}{rules}")).unwrap();
    let parameters = json!({"none": [], "on": true, "tag": "", "field": "named", "some": ["x"]});
    let known = Known { resource_type: "AWS::A::B", parameters: &parameters };
    let modules = engine.get_modules().clone();
    let masks = of(modules.iter().map(|module| &**module), "p", &["deny"], known, []);
    let input = written(&masks.input);
    let input =
        input.replace("resourceType ", "").replace(" resourceType}", "}").replace("{resourceType}", "{}");
    (input, written(&masks.inventory))
}

#[test]
fn what_a_policy_reads_is_kept_and_no_more() {
    for (rules, input) in [
        ("deny contains \"x\" if input.a.b == \"c\"", "{a:{b}}"),
        ("deny contains \"x\" if { some port in input.a.ports; port.from < 22 }", "{a:{ports:{[{from}]}}}"),
        ("deny contains \"x\" if { port := input.ports[_]; port.from < 22 }", "{ports:{[{from}]}}"),
        ("deny contains \"x\" if { x := input.a; y := x.b; y.c }", "{a:{b:{c}}}"),
        ("deny contains \"x\" if { y.c; y := x.b; x := input.a }", "{a:{b:{c}}}"),
        ("deny contains input.a[input.b]", "{a:{[*]} b}"),
        ("deny contains \"x\" if count(input.a) > 1", "{a:{[{}] <*>}}"),
        ("deny contains \"x\" if every e in input.a { e.b == e.c }", "{a:{[{b c}]}}"),
        ("deny contains \"x\" if { some {\"k\": v} in input.a; v }", "{a:{[*]}}"),
        ("deny contains sprintf(\"%v\", [input.a])", "{a}"),
        ("deny contains \"x\" if walk(input.a, [_, 1])", "{a}"),
        ("deny contains \"x\" if { some k; input[k] == \"v\" }", "{[*]}"),
        ("deny contains \"x\" if { f := input; f.a }", "{a}"),
        ("deny contains x if { x := [y.b | some y in input.a; y.c]; count(x) > 0 }", "{a:{[{b c}]}}"),
        // object.get, with all that it may be given
        ("deny contains object.get(input, [\"a\", \"b\"], input.c)", "{a:{b} c}"),
        ("deny contains object.get(input.a, \"b\", null)", "{a:{b}}"),
        ("deny contains object.get(input.a, input.key, null)", "{a key}"),
        ("deny contains object.get({\"h\": input.a}, [\"h\", \"b\"], null)", "{a:{b}}"),
        ("deny contains object.get(input, array.concat([\"a\"], [input.b]), null)", "{a b}"),
        ("deny contains object.get(input.a, data.parameters.field, null)", "{a:{named}}"),
        ("deny contains object.get(input.a, f, null) if some f in [\"b\", \"c\"]", "{a:{b c}}"),
        // JSON in a text
        ("deny contains json.unmarshal(input.a).b", "{a:{<{b}>}}"),
        (
            "deny contains \"x\" if { is_string(input.a); some s in json.unmarshal(input.a).b; s.c }",
            "{a:{<{b:{[{c}]}}>}}",
        ),
        (
            "a := object.get(input, \"a\", null)\nx if json.unmarshal(a).b\ndeny contains 1 if not x",
            "{a:{<{b}>}}",
        ),
        (
            "deny contains \"x\" if { d := json.unmarshal(input.a); d.b.c; json.is_valid(input.d) }",
            "{a:{<{b:{c}}>} d:{<{}>}}",
        ),
        ("deny contains \"x\" if { json.unmarshal(input.a).b; count(input.a) > 1 }", "{a:{[{}] <*>}}"),
        ("deny contains \"x\" if { json.unmarshal(input.a).b; input.a != \"{}\" }", "{a}"),
        ("deny contains json.unmarshal(json.unmarshal(input.a).b).c", "{a:{<{b:{<{c}>}}>}}"),
        ("f(x) := json.unmarshal(x) if json.is_valid(x)\ndeny contains f(input.a).b", "{a:{<{b}>}}"),
        ("deny contains json.unmarshal(data.parameters.field).a", "{}"),
        // rules and functions
        ("a := input.a\ndeny contains a.b", "{a:{b}}"),
        ("a := input.a if input.x\ndeny contains a.b", "{a:{b} x}"),
        ("a := object.get(input.a, b, null)\nb := input.b\ndeny contains a.c", "{a b}"),
        ("f(x) := x.b\ndeny contains f(input.a)", "{a:{b}}"),
        ("f(x, name) := x[name]\ndeny contains f(input.a, \"b\")", "{a:{b}}"),
        ("f({\"k\": v}) := v\ndeny contains f(input.a)", "{a}"),
        ("deny contains lib.first(input.a)", "{a:{first}}"),
        ("deny contains other.at(input.a, [\"b\"])", "{a:{b}}"),
        ("deny contains data.sekisho.lib.region", "{awsRegion}"),
        ("deny contains x if { x := data.sekisho.lib }", "*"),
        ("deny contains \"x\" if { lib.region == 1 with input as input.a }", "*"),
        ("deny contains input", "*"),
        // what is known before
        ("deny contains input.a if input.resourceType == \"AWS::C::D\"", "{}"),
        ("deny contains input.a if input.resourceType in {\"AWS::A::B\"}", "{a}"),
        ("deny contains input.a if { some x in data.parameters.none; x == input.b }", "{}"),
        ("deny contains input.a if { some x in data.parameters.some; x == input.b }", "{a b}"),
        ("deny contains input.a if not data.parameters.on", "{}"),
        ("deny contains input.a if input.b in data.parameters.none", "{}"),
        ("t := {\"AWS::A::B\": \"b\"}\ndeny contains input.a[t[input.resourceType]]", "{a:{b}}"),
        ("t := {\"AWS::C::D\": \"b\"}\ndeny contains input.a if x := t[input.resourceType]", "{}"),
        ("t := {\"AWS::C::D\": {\"p\": \"b\"}}\ndeny contains input.a if x := t[input.resourceType].p", "{}"),
        ("t := {\"AWS::C::D\": {}}\ndeny contains object.get(input.a, t[input.resourceType].p.q, 1)", "{}"),
        (
            "t := {\"AWS::A::B\": {\"p\": \"b\"}}\ndeny contains object.get(input.a, t[input.resourceType].p, 1)",
            "{a:{b}}",
        ),
        ("f(x, t) if { t != \"\"; x.b }\ndeny contains \"x\" if f(input.a, data.parameters.tag)", "{a:{}}"),
        ("x := 1 if input.resourceType == \"T\" else := input.a\ndeny contains x", "{a}"),
        // a name that hides a rule
        ("on := false\ndeny contains input.a if { on := input.b; on }", "{a b}"),
        ("on := false\ndeny contains input.a if { on; on := input.b }", "{a b}"),
        ("on := false\ndeny contains input.a if { some on in input.b; on }", "{a b:{[*]}}"),
    ] {
        assert_eq!(masks(rules).0, input, "{rules}");
    }
}

#[test]
fn what_a_function_or_a_rule_may_be_is_followed() {
    for (rules, input) in [
        ("get(name) := object.get(input, [\"c\", name], null)\ndeny contains get(\"a\").b", "{c:{a:{b}}}"),
        (
            "get(name) := object.get(input, name, null)\ndeny contains 1 if count(get(\"a\")) > 1",
            "{a:{[{}] <*>}}",
        ),
        ("deny contains x.b if some x in lib.list(input.a)", "{a:{b [{b}]}}"),
        ("deny contains x if some x in lib.list(input.a)", "{a}"),
        ("deny contains 1 if count(lib.list(input.a)) > 1", "{a:{[{}] <*>}}"),
        ("deny contains lib.list(input.a)", "{a}"),
        ("deny contains x.b if some x in lib.list(lib.list(input.a))", "{a}"),
        ("deny contains x.c if { some x in lib.list(y.b); some y in input.a }", "{a:{[{b:{c [{c}]}}]}}"),
        ("deny contains x.b if some x in [input.a, input.c]", "{a:{b} c:{b}}"),
        ("deny contains x[0].b if x := [input.a]", "{a:{b}}"),
        ("deny contains x.y if x := [input.a]", "{a}"),
        ("deny contains json.unmarshal(x) if x := [input.a]", "{a}"),
        ("deny contains [input.a, input.b]", "{a b}"),
        (
            "deny contains x.c if { xs := [y.b | some y in input.a; y.on]; some x in xs }",
            "{a:{[{b:{c} on}]}}",
        ),
        ("deny contains 1 if count([y.b | some y in input.a]) > 1", "{a:{[{b:{}}]}}"),
        ("a := input.a if input.on\ndeny contains a.b", "{a:{b} on}"),
        ("default a := 1\na := input.a if input.on\ndeny contains a.b", "{a:{b} on}"),
        ("a := input.a if input.on else := input.c\ndeny contains a.b", "{a:{b} c:{b} on}"),
        (
            "f(x) := x.a if is_object(x) else := json.unmarshal(x)\ndeny contains f(input.t).b",
            "{t:{a:{b} <{b}>}}",
        ),
        ("f(xs) := xs[0]\ng(x) := x.b\ndeny contains g(f(input.a))", "{a:{[{b}]}}"),
        ("a := {\"k\": input.a}\ndeny contains a.k.b", "{a}"),
        // what may have several values is taken, for they are compared
        ("a := input.a if input.on\na := input.b if input.off\ndeny contains a.c", "{a b off on}"),
        ("deny contains lib.either(input.a)", "{a}"),
        ("deny contains lib.either(input.a).b", "{a}"),
        ("a := x if { some x in input.a }\ndeny contains a.b", "{a:{[*]}}"),
        ("a := input.a[_]\ndeny contains a.b", "{a:{[*]}}"),
        ("a := input.a[i] if input.c[i]\ndeny contains a.b", "{a:{[*]} c:{[*]}}"),
        ("f(x) := x[_]\ndeny contains f(input.a).b", "{a:{[*]}}"),
        ("f(x) := x.a if { walk(x.c, [_, 1]) }\ndeny contains f(input).b", "{a c}"),
        ("a contains input.a\ndeny contains x.b if some x in a", "{a}"),
        ("a[\"k\"] := input.a\ndeny contains a.k.b", "{a}"),
        ("deny contains x.b if some x in {y | some y in input.a}", "{a:{[*]}}"),
        // of many places what is there is taken
        (
            "f(x) := input.a if x else := input.b if x else := input.c if x else := input.d if x else := input.e if x \
          else := input.f if x else := input.g if x else := input.h if x else := input.i\ndeny contains f(input.x).y",
            "{a b c d e f g h i x}",
        ),
        // what a value is of a kind, or one that is kept in any case
        ("deny contains 1 if input.a != null", "{a:{}}"),
        ("deny contains 1 if null == input.a", "{a:{}}"),
        ("deny contains 1 if { input.a.b == true; input.c == 1 }", "{a:{b:{}} c:{}}"),
        ("deny contains 1 if lib.at(input, \"a\") == null", "{a:{}}"),
        ("deny contains 1 if input.a > 1", "{a}"),
        ("deny contains 1 if input.a == []", "{a}"),
        ("deny contains 1 if input.a == input.b", "{a b}"),
        ("deny contains 1 if \"k\" in object.keys(input.a)", "{a:{k:{}}}"),
        ("deny contains 1 if \"k\" in object.keys(object.get(input, \"a\", {}))", "{a:{k:{}}}"),
        ("deny contains 1 if \"k\" in input.a", "{a}"),
        ("deny contains 1 if input.k in object.keys(input.a)", "{a k}"),
        ("deny contains 1 if 1 in object.keys(input.a)", "{a}"),
    ] {
        assert_eq!(masks(rules).0, input, "{rules}");
    }
}

#[test]
fn the_inventory_is_read_by_halves_too() {
    for (rules, inventory) in [
        ("deny contains i.configuration.a if some i in data.inventory[\"T\"]", "{T:{[{configuration:{a}}]}}"),
        ("deny contains object.get(data.inventory, [\"T\", input.b, \"c\"], null)", "{T:{[{c}]}}"),
        ("deny contains data.inventory.T[\"x\"].a", "{T:{x:{a}}}"),
        ("deny contains 1 if count(data.inventory.T) > 0", "{T:{[{}] <*>}}"),
        ("deny contains data[input.x]", "*"),
        ("deny contains data.inventory", "*"),
    ] {
        assert_eq!(masks(rules).1, inventory, "{rules}");
    }
}

#[test]
fn two_masks_keep_what_either_keeps() {
    let name = |name: &str| Step::Name(name.to_owned());
    let mask = |paths: &[(&[Step], bool)]| {
        let mut mask = Mask::default();
        for (path, whole) in paths {
            mask.add(path, *whole);
        }
        mask
    };
    let of_a = mask(&[(&[name("t"), Step::Document, name("a")], true)]);
    let of_b = mask(&[(&[name("t"), Step::Document, name("b"), Step::Each, name("c")], true)]);
    let each = mask(&[(&[name("t"), Step::Each, name("d")], true), (&[name("u")], true)]);
    let text = mask(&[(&[name("t")], true)]);
    for (one, other, both) in [
        (&of_a, &of_b, "{t:{<{a b:{[{c}]}}>}}"),
        (&of_a, &each, "{t:{[{d}] <{a}>} u}"),
        (&of_a, &text, "{t}"),
        (&of_a, &Mask::default(), "{t:{<{a}>}}"),
        (&of_a, &Mask::All, "*"),
    ] {
        for (one, other) in [(one, other), (other, one)] {
            let mut joined = one.clone();
            joined.join(other);
            assert_eq!(written(&joined), both);
        }
    }
}
