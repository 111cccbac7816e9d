//! Compiled and interpreted say the same, and what is not compiled is refused.
#![allow(clippy::unwrap_used)]
use super::*;
use crate::policy::mask::Mask;

const LIBRARY: &str = r#"
package lib
list(value) := value if is_array(value)
else := [] if is_null(value)
else := [value]
names := {"a", "b"}
first := input.first
"#;

/// The value of `r` of a policy with `rules` for `input`, as regorus gives it, and compiled; none where regorus is to be asked.
fn both(rules: &str, input: &str) -> (Result<Value, String>, Result<Option<Value>, Refusal>) {
    let data =
        Value::from_json_str(r#"{"parameters": {"n": 3, "list": ["x", "y"], "map": {"1": "one"}}}"#).unwrap();
    let tree = Tree::read(input, &Mask::All).unwrap();
    let input = Value::from_json_str(input).unwrap();
    let mut engine = regorus::Engine::new();
    engine.set_strict_builtin_errors(true);
    engine.add_policy("lib.rego".into(), LIBRARY.into()).unwrap();
    engine.add_policy("p.rego".into(), format!("package p\nimport data.lib\n{rules}")).unwrap();
    engine.add_data(data.clone()).unwrap();
    let modules = engine.get_modules().clone();
    let program = compile(modules.iter().map(|module| &**module), "p", &["r"]);
    engine.set_input(input.clone());
    let interpreted = engine.eval_rule("data.p.r".into()).map_err(|error| error.to_string());
    let compiled = program.map(|program| {
        let mut compiled = Compiled::new(&Arc::new(program), data);
        let documents = Documents::default();
        let first = compiled.ask(&tree, &documents, |value| value("r"));
        // Nothing of an evaluation stays for the next one, but what texts of the same input are.
        compiled.ask(&Tree::Null, &Documents::default(), |value| value("r"));
        assert_eq!(compiled.ask(&tree, &documents, |value| value("r")), first, "{rules}");
        first
    });
    (interpreted, compiled)
}

const INPUT: &str = r#"{"a": [1, 2, 3], "b": {"c": "text", "d": null}, "e": [{"k": 1, "v": "x"}, {"k": 2}], "n": null,
        "t": "one,two", "z": 0, "first": "f", "on": true, "off": false, "pairs": [["x", 1], ["y", 2], ["x"]]}"#;

const SAME: &[&str] = &[
    "r := input.b.c",
    // Lists and objects of parts of the input.
    "r := [input.b, input.e, 1]",
    "r := [input.b, input.x]",
    "r := {\"o\": input.b, \"l\": [input.a, input.e]}",
    "r := {\"o\": input.b, \"x\": input.x}",
    "r := {\"k\": input.b, \"k\": 2}",
    "r := [input.a, 1][0][2]",
    "r := [input.a, 1][input.z]",
    "r := [input.a, 1][5]",
    "r := [input.a, 1][\"0\"]",
    "o := {\"b\": input.b, \"a\": [input.e]}\nr := o.a[0][1].k",
    "o := {\"b\": input.b, \"a\": [input.e]}\nr := o.c",
    "o := {1: input.b, \"a\": [input.e]}\nr := o[1]",
    "r := [[k, v] | some k, v in {\"z\": input.b, \"a\": input.a}]",
    "r := [[i, v] | some i, v in [input.b, input.a]]",
    "r := {v | some v in [input.a, input.a]}",
    "r if [input.a, 1] == [[1, 2, 3], 1]",
    "r if [input.a, 1] == [input.a, 1]",
    "r if [input.a, 1] != [input.a, 2]",
    "r if {\"a\": input.a} == {\"a\": [1, 2, 3]}",
    "r if input.a in [input.e, input.a]",
    "r if [1, 2, 3] in {\"x\": input.a}",
    "r if [input.a] in {[[1, 2, 3]]}",
    "r if 1, input.a in [input.e, input.a]",
    "r if \"x\", input.a in {\"x\": input.a}",
    "r if every v in [input.a, input.e] { count(v) > 1 }",
    "r if every k, v in {\"x\": input.a, \"y\": input.e} { v[0] == 1 }",
    "r := [is_array([input.a]), is_object({\"a\": input.a}), is_set([input.a]), is_null([input.a]), is_string([input.a])]",
    "r := [is_number([input.a]), is_boolean([input.a]), count([input.a, 2]), count({\"a\": input.a})]",
    "r := object.get({\"a\": input.b}, \"a\", 1)",
    "r := object.get({\"a\": input.b}, [\"a\", \"c\"], 1)",
    "r := object.get({\"a\": input.b}, \"b\", [input.a])",
    "r := object.get({\"a\": {\"text\": 7}}, [\"a\", input.b.c], 1)",
    "r := [a | some l in [[input.a, input.b]]; [a, _] := l]",
    "f(x) := y if [y, _] := x\nr := f([input.b, 1])",
    "f([x, 1]) := x\nr := f([input.b, 1])",
    "f(_, x) := x\nr := [f(1, input.b), f(2, input.a)]",
    "f(1, x) := [x, 1]\nf(2, x) := [x, 2]\nr := [f(1, input.b), f(2, input.a)]",
    "f([_, y], x) := [x, y]\nr := f([input.b, 1], input.a)",
    "l := [x | some x in input.e]\nr := [x.k | some x in l]",
    "l := [x | some x in input.e]\nr := json.marshal(l)",
    "l := [x | some x in input.e]\nr := sort(l)",
    "r contains x if some x in [y | some y in input.e]",
    // Texts.
    "r := [regex.match(`^([^%]|%[0-9A-Fa-f]{2})*$`, t) | some t in [\"\", \"a\", \"%\", \"%4\", \"%4a\", \"%4g\", \"%g4\", \"%%41\"]]",
    "r := [regex.match(`^([^%]|%[0-9A-Fa-f]{2})*$`, t) | some t in [\"日\\n%E6%97%a5\", \"a%日\", \"%4日\", \"%0A%\", \"%0A%f\", \"%0%0A\"]]",
    "r := regex.match(`^([^%]|%[0-9A-Fa-f]{2})*$`, input.x)",
    "r := regex.replace(\"a%41\", `^([^%]|%[0-9A-Fa-f]{2})*$`, \"b\")",
    "r := [startswith(input.t, \"one\"), endswith(input.t, \"two\"), contains(input.t, \",\"), split(input.t, \",\")]",
    "r := [startswith(input.t, \"\"), endswith(input.t, \"x\"), contains(input.t, \"\"), split(input.t, \"\")]",
    "r if startswith(input.x, \"a\")",
    "r if startswith(\"a\", input.x)",
    "r if not startswith(input.x, \"a\")",
    "r := lower(\"ÀbC日\")",
    "r := lower(input.b.c)",
    "r := lower(input.x)",
    "r := [replace(input.t, \"o\", \"0\"), replace(input.t, \"z\", \"0\"), replace(\"ab\", \"\", \"-\")]",
    "r := replace(input.t, \"o\", input.x)",
    "r := [urlquery.decode(\"%7B%22a%22%3A1%7D\"), urlquery.decode(\"a+b%zz%4\"), urlquery.decode(input.b.c)]",
    "r := [urlquery.decode(\"a=b&c=d\"), urlquery.decode(\"a#b\"), urlquery.decode(\"a b日\")]",
    "r := input.b.x",
    "r := input.n.x",
    "r := input.a[1]",
    "r := input.a[7]",
    "r := input[\"b\"][`c`]",
    "r if input.on",
    "r if input.off",
    "r if input.z",
    "r if not input.off",
    "r if not input.x.y",
    "r if not input.x in {1}",
    "r := input.x in {1}",
    "r if input.n in [null]",
    "r if \"x\", 1 in {\"x\": 1}",
    "r if 0, 1 in [1]",
    "r if 1 in {\"x\": 1}",
    "r if 1 in input.n",
    "r contains x if some x in input.a",
    "r contains x if { some x in input.a; x > 1 }",
    "r contains i if some i, 2 in input.a",
    "r contains x if some [x, _] in input.pairs",
    "r contains k if some k, _ in input.b",
    "r contains x if some x in {3, 1}",
    "r contains x if some x in input.x",
    "r contains x.v if some x in [input.e[0]]",
    "r contains x.v if some x in [input.e[1]]",
    "r contains \"on\" if some x in input.a",
    "r contains \"none\" if { some x in input.a; x > 5 }",
    "r := {e.k: e.v | some e in input.e}",
    "r := [x | some x in input.a; x != 2]",
    "r := [e.v | some e in input.e]",
    "r := {x | some x in input.a; x != 2}",
    // Two iterations: the order of names decides, not that of the text.
    "r := [[a, b] | some b in input.a; some a in input.a]",
    "r := [[a, b] | some b in input.a; some a in input.a; a != b]",
    "r := [[y, z] | some z in input.a; y := z; some w in input.a]",
    "r := [[z, a] | z := input.a; a := input.t; some _ in z]",
    "r := [x | some e in input.e; some x in [e.k, e.v]]",
    "r := [f(x) | some x in input.a]\nf(x) := x * 2",
    "r := f(input.x)\nf(x) := 1",
    "r := f(1)\nf(1) := \"one\"\nf(2) := \"two\"",
    "r := f(2)\nf(x) := \"small\" if x < 2\nelse := \"middle\" if x < 3\nelse := \"large\"",
    "r := f(5)\nf(x) := \"small\" if x < 2\nelse := \"middle\" if x < 3\nelse := \"large\"",
    "r := f([1, 2])\nf([a, b]) := a + b",
    "r := f([1, 2, 3])\nf([a, b]) := a + b",
    "r := f(input.b)\nf(x) := x.d if true\nelse := \"other\"",
    "r := f(input.b)\nf(x) := x.none if true\nelse := \"other\"",
    "r if f(1)\nf(x) if x > 0\nf(x) if x < 5",
    "r if f(9)\nf(x) if x < 0\nelse if x > 5",
    "r := f(9)\nf(x) if x < 0\nelse := false if x > 5",
    "r := f(1)\nf(x) if x > 3",
    "r := x if { x := input.b.none }\nelse := 2",
    "r := input.b.none if true\nelse := 2",
    "r := 1 if input.off\nelse := 2 if input.on\nelse := 3",
    "r if input.off\nelse := 2 if input.on",
    "r := 1 if input.off\nelse if input.on",
    "default r := 7\nr := 1 if input.off",
    "default r := 7\nr := 1 if input.on",
    "r := 1 if input.on\nr := 1 if input.z == 0",
    "r[k] := v if some k, v in input.b",
    "r[k] := 1 if { some k, v in input.b; v == 9 }",
    "r[e.k] := e.k if some e in input.e",
    "r[k] contains v if { some k in [\"a\", \"b\"]; some v in input.a; v > 1 }",
    "r[k] contains v if { some k in [\"a\", \"b\"]; some v in input.a; v > 9 }",
    "r[e.k] contains e.k if some e in input.e",
    "r[e.k] contains e.v if { some e in input.e; e.k > 9 }",
    "r := s[\"b\"]\ns[k] contains v if { some k in [\"a\", \"b\"]; some v in input.a }",
    "r := count(s)\ns contains v if { some v in input.a; v > 9 }",
    "r if every x in input.a { x > 0 }",
    "r if every x in input.a { x > 1 }",
    "r if every x in [] { x > 1 }",
    "r if every x in input.x { x > 1 }",
    "r if every x in input.n { x > 1 }",
    "r if every i, x in input.a { x == i + 1 }",
    "r if every k, v in input.b { k != \"q\"; v != 3 }",
    "r if { least := 0; every x in input.a { x > least } }",
    "r if every x in input.a { some y in input.a; y == x }",
    "r := object.get(input, [\"b\", \"c\"], \"none\")",
    "r := object.get(input, [\"b\", \"q\", \"c\"], \"none\")",
    "r := object.get(input, \"q\", input.a)",
    "r := object.get(input, \"q\", input.q)",
    "r := object.get(input, input.q, 1)",
    "r := object.get(lib.list(input.b)[0], \"c\", null)",
    "r := object.get(input, [\"a\", 1], null)",
    "r := count(input.a)",
    "r := count(input.t)",
    "r := count(input.q)",
    "r := [is_null(input.n), is_string(input.t), is_array(input.a), is_object(input.b), is_boolean(input.on), is_number(input.z), is_set({1})]",
    "r := is_string(input.q)",
    "r := [json.is_valid(x) | some x in [`{\"a\": 1}`, `{`, ``, `1`]]",
    "r := json.unmarshal(`{\"a\": [1, 2.50, null]}`)",
    "r if { text := `{\"a\": 1}`; json.is_valid(text); json.unmarshal(text).a == 1 }",
    "r := [regex.match(`^\\w+$`, x) | some x in [\"abc\", \"a b\", \"日本\"]]",
    "r := regex.replace(input.t, `([a-z])(,)`, `$2-$1`)",
    "r := regex.match(`x`, input.q)",
    "r := split(input.t, \",\")",
    "r := sprintf(\"%v and %v\", [input.z, input.on])",
    "r := input.a[0] + input.a[1] * 2 - 1",
    "r := -3",
    "r := {1, 2} & {2, 3}",
    "r := {1, 2} | {2, 3}",
    "r := {1, 2} - {2, 3}",
    "r := {1} | input.q",
    "r := [1, input.q]",
    "r := {\"a\": input.q}",
    "r := {\"a\": 1, \"b\": {\"c\": [input.z]}}",
    "r := data.parameters.n",
    "r := data.parameters.none",
    "r := data.parameters.list[1]",
    "r := data.parameters.list[i] if i := 1",
    "r := data.parameters[x] if x := \"n\"",
    "r if input.t in data.parameters.list",
    "r := lib.list(input.t)",
    "r := lib.names",
    "r := lib.first",
    "r := data.lib.first",
    "r := data.lib.list(null)",
    "r := x if x := input.a[0]",
    "r if { x := 1; y := x; y == 1 }",
    "r if { [a, b] := input.pairs[0]; a == \"x\"; b == 1 }",
    "r if { [a, b] := input.pairs[2]; a == \"x\" }",
    "r if { x := input.off }",
    "r := [input.t < \"z\", input.a >= [1], input.n != null, 1 == 1.0, input.z <= 0]",
    "r := [[a, b, a < b, a <= b, a > b, a >= b, a == b, a != b] | some a in numbers; some b in array.concat(numbers, [-3, 2.0, 2.5, 1e300])]\nnumbers := json.unmarshal(\"[-3, 0, 2, 9007199254740991, 9007199254740992, 9007199254740993, 18446744073709551615]\")",
    "r := [[a, b, a < b, a <= b, a > b, a >= b, a == b, a != b] | some a in numbers; some b in numbers]\nnumbers := [9007199254740992, 9007199254740993, 9007199254740994.0, -9007199254740993, 0, \"0\", null, 1e20]",
    "r if input.q == input.q",
    "r if not input.q == 1",
    "r := {\"x\": {\"y\": 1}}.x.y",
    "r := [1, 2][1]",
    "r := {1, 2}[1]",
    "r := names.x\nnames := {\"x\": input.t}",
    "r := a + b\na := input.a[0]\nb := a + 1",
];

#[test]
fn what_is_compiled_says_what_is_interpreted() {
    let mut differ = Vec::new();
    for rules in SAME {
        let (interpreted, compiled) = both(rules, INPUT);
        match compiled {
            Ok(Some(value)) if interpreted == Ok(value.clone()) => {}
            compiled => differ.push(format!("{rules}: {interpreted:?} and compiled {compiled:?}")),
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
fn what_goes_wrong_is_left_to_regorus() {
    for rules in [
        "r := startswith(input.a, \"x\")",
        "r := 1 if true\nr := 2 if true",
        "r contains x if some x in input.t",
        "r := x if some x in input.a",
        "r := count(1)",
        "r := object.get(input.a, \"x\", 1)",
        "r := f(1)\nf(x) := 1\nf(x) := 2",
        "r := f(1)\nf(x) := y if some y in input.a",
        "r := {k: v | some v in input.a; k := 1}",
        "r[k] := v if { some v in input.a; k := 1 }",
        "r contains e.v if some e in [{}, {\"v\": 1}]",
        "r contains e.v if some e in [{\"v\": 1}, {}]",
        "r := 1 / 0",
        "r := regex.match(`(`, \"x\")",
        "r := regex.match(`x`, 1)",
        "r := regex.replace(\"x\", `(`, \"y\")",
        "r := json.unmarshal(`{`)",
        "r := json.is_valid(1)",
        "r := data.parameters.map[k] if k := 1",
    ] {
        let (interpreted, compiled) = both(rules, r#"{"a": [1, 2], "t": "text"}"#);
        assert_eq!(compiled, Ok(None), "{rules}: {interpreted:?}");
    }
}

#[test]
fn what_is_not_known_to_mean_the_same_is_not_compiled() {
    for (rules, what) in [
        ("r := input.a[_]", "_"),
        ("r if { some i; input.a[i] == 1 }", "some without in"),
        ("r if { input.a[i] == 1; i == 1 }", "i"),
        ("r if { x = input.a; x }", "this expression"),
        ("r if input.a with input as {}", "with"),
        ("r if walk(input, [_, 1])", "_"),
        ("r := f(input.b)\nf({\"c\": \"text\"}) := 1", "this pattern"),
        ("r := f(1)\nf(x) := 1 if x > 2\nelse if x > 0", "this body"),
        ("r := time.now_ns()", "time.now_ns"),
        ("r := rand.intn(\"x\", 3)", "rand.intn"),
        (
            "r if { some x in input.a; y := [x | some x in input.b]; y }",
            "the name x, which is bound around it already,",
        ),
        ("r.a := 1", "a head of several parts"),
        ("r[\"a\"] := 1", "a head of several parts"),
        ("r := f(1)\ndefault f(x) := 2\nf(x) := 1 if x > 2", "a function with a default"),
        ("r if { every x in input.a { x == y }; y := input.b }", "y, used before it has a value,"),
    ] {
        let (_, compiled) = both(rules, "{}");
        let refusal = compiled.unwrap_err();
        assert!(refusal.what.starts_with(what), "{rules}: {refusal}");
        assert!(refusal.to_string().starts_with("p.rego:"), "{refusal}");
    }
}

#[test]
fn what_never_ends_is_left_to_regorus() {
    let rules = "r := count([1 | some _ in ns; some _ in ns; some _ in ns])\nns := numbers.range(1, 400)";
    let program = {
        let mut engine = regorus::Engine::new();
        engine.add_policy("p.rego".into(), format!("package p\n{rules}")).unwrap();
        let modules = engine.get_modules().clone();
        compile(modules.iter().map(|module| &**module), "p", &["r"]).unwrap()
    };
    let mut compiled = Compiled::new(&Arc::new(program), Value::new_object());
    assert_eq!(compiled.ask(&Tree::Null, &Documents::default(), |value| value("r")), None);
}

/// Functions of long texts, some of which read the input or fail.
const OF_TEXTS: &str = r#"
r := [
    statements(input.text, input.flag), both(input.text), with_input(input.text), whole(input.name),
    maybe(input.text), [kind(input.text, one) | some one in [true, false, null, 1, "x"]],
]
statements(text, flag) := {"all": list(json.unmarshal(text)), "flag": flag}
list(value) := value.list
both(text) := [first(text, "a"), first(text, "b")]
first(text, name) := [name, count(text)]
with_input(text) := [count(text), name]
name := input.name
whole(text) := upper(text)
maybe(text) := 1 if contains(text, "one")
else := 2 if contains(text, "two")
kind(_, 1) := "number"
kind(_, null) := "null"
kind(_, true) := "true"
kind(_, false) := "false"
kind(_, text) := text if is_string(text)
"#;

#[test]
fn calls_that_come_again_say_the_same_again() {
    let mut engine = regorus::Engine::new();
    engine.set_strict_builtin_errors(true);
    engine.add_policy("p.rego".into(), format!("package p\n{OF_TEXTS}")).unwrap();
    let modules = engine.get_modules().clone();
    let program = Arc::new(compile(modules.iter().map(|module| &**module), "p", &["r"]).unwrap());
    let mut compiled = Compiled::new(&program, Value::new_object());
    let text = |list: &str| format!("{{\"list\": [{list}], \"long\": \"{}\"}}", "x".repeat(200));
    // Of the same length.
    let texts = [text("\"one\""), text("\"two\""), text("{\"a\":0}"), "short".to_owned(), "[".repeat(300)];
    let (mut judged, mut undecided) = (0, 0);
    for round in 0..6 {
        for (text, flag) in texts.iter().flat_map(|text| [(text, "true"), (text, "null"), (text, "\"n\"")]) {
            let name = format!("{}{round}", "name ".repeat(40));
            let text = serde_json::to_string(text).unwrap();
            let input = format!("{{\"text\": {text}, \"flag\": {flag}, \"name\": \"{name}\"}}");
            engine.set_input(Value::from_json_str(&input).unwrap());
            let interpreted = engine.eval_rule("data.p.r".into()).ok();
            let tree = Tree::read(&input, &Mask::All).unwrap();
            let answer = compiled.ask(&tree, &Documents::default(), |value| value("r"));
            if answer.is_none() {
                undecided += 1;
                continue;
            }
            judged += 1;
            assert_eq!(answer, interpreted, "{input}");
        }
    }
    // Texts that are no JSON are an error, each time.
    assert_eq!((judged, undecided), (54, 36));
}
