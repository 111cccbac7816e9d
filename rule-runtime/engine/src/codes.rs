//! The codes of `sekisho check`: what each means, why it matters, and how to write it instead.
//!
//! `SK01` METADATA, `SK02` Rego and what it refers to, `SK03` where the engine and OPA differ, `SK04` messages and tests,
//! `SK05` fields of configuration items, `SK07` guidelines.

/// One code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// `SK0201`.
    pub code: &'static str,
    /// In a few words.
    pub title: &'static str,
    /// Why it is a problem.
    pub why: &'static str,
    /// Like this not.
    pub wrong: &'static str,
    /// But like this.
    pub right: &'static str,
}

/// The entry of `code`, in any case.
pub fn find(code: &str) -> Option<&'static Code> {
    CODES.iter().find(|entry| entry.code.eq_ignore_ascii_case(code))
}

/// Every code, in order.
pub const CODES: &[Code] = &[
    Code {
        code: "SK0101",
        title: "no METADATA that can be read",
        why: "METADATA says which resource types a policy judges, and when. Without it nobody can run the policy. It is a \
              comment directly above package, as OPA defines it: every line begins with \"# \", and what stands behind is YAML.",
        wrong: "package sekisho_policies.example",
        right: "# METADATA\n# title: …\n# custom:\n#   id: example\n#   …\npackage sekisho_policies.example",
    },
    Code {
        code: "SK0102",
        title: "METADATA lacks a field",
        why: "Titles in both languages, severity, trigger, resource types and remediation are read by AWS Config's rules, by the \
              report and by whoever has to mend a resource.",
        wrong: "# custom:\n#   id: example",
        right: "# custom:\n#   id: example\n#   title_ja: 例\n#   severity: high\n#   trigger: change\n#   …",
    },
    Code {
        code: "SK0103",
        title: "a field of METADATA has a value that it cannot have",
        why: "A severity or trigger that is none of the known words would be taken for nothing.",
        wrong: "#   severity: urgent",
        right: "#   severity: critical",
    },
    Code {
        code: "SK0104",
        title: "a field that METADATA does not have",
        why: "A misspelt \"paramaters\" would silently be no parameters.",
        wrong: "#   paramaters: {…}",
        right: "#   parameters: {…}",
    },
    Code {
        code: "SK0105",
        title: "the id is not the file's name",
        why: "Fixtures, rules and waivers find a policy by its id, people by its file.",
        wrong: "# other-name in example.rego:\n#   id: other-name",
        right: "#   id: example",
    },
    Code {
        code: "SK0106",
        title: "two policies have one id",
        why: "Nobody could say which of them a rule means; neither runs.",
        wrong: "a/example.rego and b/example.rego, both with id example",
        right: "one of them with another name and id",
    },
    Code {
        code: "SK0107",
        title: "the parameters are no JSON Schema that can be used",
        why: "AWS Config delivers parameters as text; the schema restores and checks them.",
        wrong: "#   parameters: {type: array}",
        right: "#   parameters:\n#     type: object\n#     properties:\n#       minDays: {type: integer, default: 7, description: …}",
    },
    Code {
        code: "SK0108",
        title: "facts or inventory are declared as they cannot be had",
        why: "A fact comes from a provider, and an API may only be read: calls that write or hand out secrets are refused. Other items \
              are there for periodic policies only.",
        wrong: "#   facts:\n#     x: {provider: aws-api, service: s3, action: DeleteBucket}",
        right: "#   facts:\n#     x: {provider: aws-api, service: s3, action: ListBuckets}",
    },
    Code {
        code: "SK0201",
        title: "the Rego cannot be parsed",
        why: "Policies are Rego v1, as `opa check` takes them.",
        wrong: "deny contains \"x\" if {",
        right: "deny contains \"x\" if {\n\tinput.tags.Env == \"test\"\n}",
    },
    Code {
        code: "SK0202",
        title: "a function that is not there",
        why: "The engine finds an unknown function only when the rule is reached, which may be in production. Some of OPA's functions \
              are not in the engine either: crypto.*, io.jwt.*, net.cidr_merge and others.",
        wrong: "startwith(input.resourceId, \"i-\")",
        right: "startswith(input.resourceId, \"i-\")",
    },
    Code {
        code: "SK0203",
        title: "a function is given too many or too few arguments",
        why: "The call would fail when it is reached.",
        wrong: "startswith(input.resourceId)",
        right: "startswith(input.resourceId, \"i-\")",
    },
    Code {
        code: "SK0204",
        title: "a variable that nothing gives a value, or that is read before it has one",
        why: "Rego calls it unsafe and refuses the whole module.",
        wrong: "deny contains name if input.resourceType == \"AWS::S3::Bucket\"",
        right: "deny contains name if {\n\tinput.resourceType == \"AWS::S3::Bucket\"\n\tname := input.resourceName\n}",
    },
    Code {
        code: "SK0205",
        title: "recursion, or rules that call each other in too long a chain",
        why: "Rego has no recursion, and the engine would use up the stack, which ends the process.",
        wrong: "a if b\n\nb if a",
        right: "walk(input.configuration, [path, value])",
    },
    Code {
        code: "SK0206",
        title: "the rules of the contract are missing or have another form",
        why: "deny is a set of messages, judged a set of resources, not_applicable a boolean. What has another form would never be a \
              verdict.",
        wrong: "deny := \"bad\" if {…}",
        right: "deny contains \"bad\" if {…}",
    },
    Code {
        code: "SK0207",
        title: "a rule or document that is not there",
        why: "A misspelt path is undefined, and a rule that reads it silently never holds.",
        wrong: "import data.sekisho.decoed",
        right: "import data.sekisho.decode",
    },
    Code {
        code: "SK0208",
        title: "a function whose answer is another one each time",
        why: "A verdict has to be repeatable: the same item, facts and time give the same verdict. The time is given.",
        wrong: "time.now_ns() - made > week_ns",
        right: "time.parse_rfc3339_ns(data.facts.now) - made > week_ns",
    },
    Code {
        code: "SK0209",
        title: "a function whose result may not fit into memory",
        why: "No timer sees it at work; memory that runs out ends the process and every other policy with it.",
        wrong: "numbers.range(1, count(input.configuration.items) * 1000000)",
        right: "some index, _ in input.configuration.items",
    },
    Code {
        code: "SK0210",
        title: "brackets or expressions that nest too deep",
        why: "The parser takes twice as long for each level of brackets, and deep expressions use up the stack.",
        wrong: "[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]",
        right: "inner := [1]\n\nouter := [inner]",
    },
    Code {
        code: "SK0211",
        title: "no field of a configuration item",
        why: "An item has configuration, tags, awsRegion and so on; anything else is undefined, and a rule that reads it never holds.",
        wrong: "input.config.engine == \"postgres\"",
        right: "input.configuration.engine == \"postgres\"",
    },
    Code {
        code: "SK0212",
        title: "a parameter that is not declared",
        why: "Nobody could set it, and it would be undefined.",
        wrong: "data.parameters.minDay",
        right: "data.parameters.minDays, with minDays under custom.parameters.properties",
    },
    Code {
        code: "SK0213",
        title: "a fact that is not declared",
        why: "Only declared facts are fetched; this one would be undefined.",
        wrong: "data.facts.trail",
        right: "data.facts.trails, with trails under custom.facts",
    },
    Code {
        code: "SK0214",
        title: "a type of data.inventory that is not declared",
        why: "Only the types under custom.inventory are fetched; this one would be undefined.",
        wrong: "data.inventory[\"AWS::EC2::Subnet\"]",
        right: "#   inventory: [AWS::EC2::Subnet]",
    },
    Code {
        code: "SK0215",
        title: "a library that cannot be used",
        why: "Policies that import it may not run: what they would read of it is undefined.",
        wrong: "package helpers",
        right: "package lib.helpers",
    },
    Code {
        code: "SK0216",
        title: "a file or folder that cannot be read",
        why: "It may hold policies, and they would be missing without a word.",
        wrong: "a file in Shift_JIS",
        right: "a file in UTF-8",
    },
    Code {
        code: "SK0301",
        title: "not over a call or `in` that reads input directly",
        why: "Where the field is absent, OPA finds the whole expression undefined and the engine finds it true: the verdicts differ. \
              object.get has a value in both.",
        wrong: "not input.configuration.region in data.parameters.allowedRegions",
        right: "region := object.get(input, [\"configuration\", \"region\"], \"\")\nnot region in data.parameters.allowedRegions",
    },
    Code {
        code: "SK0302",
        title: "`some … in` over a field that may be null",
        why: "AWS Config writes null where there is nothing. OPA finds nothing in null; the engine raises an error. decode.list takes null \
              for an empty list in both.",
        wrong: "some rule in input.configuration.rules",
        right: "some rule in decode.list(object.get(input, [\"configuration\", \"rules\"], null))",
    },
    Code {
        code: "SK0303",
        title: "a pattern with \\w, \\d, \\s or \\b",
        why: "They mean ASCII in OPA and Unicode in the engine: \\d takes in full-width digits here and not there.",
        wrong: "regex.match(`^\\d{12}$`, account)",
        right: "regex.match(`^[0-9]{12}$`, account)",
    },
    Code {
        code: "SK0304",
        title: "a format with a width",
        why: "The engine pads otherwise than OPA or raises an error. %s, %v, %d and %.2f are the same in both.",
        wrong: "sprintf(\"%5d\", [n])",
        right: "sprintf(\"%d\", [n])",
    },
    Code {
        code: "SK0305",
        title: "glob.match with a single *",
        why: "OPA ends * at a delimiter, the engine does not.",
        wrong: "glob.match(\"arn:*\", [\":\"], arn)",
        right: "startswith(arn, \"arn:\"), or wildcard.matches of data.sekisho.wildcard",
    },
    Code {
        code: "SK0306",
        title: "time.add_date",
        why: "From the last day of a longer month the engine stays in the next month and OPA goes over into the one behind it.",
        wrong: "time.add_date(made, 0, 1, 0)",
        right: "made + (30 * ns_per_day)",
    },
    Code {
        code: "SK0401",
        title: "a message without its Japanese",
        why: "The annotation that AWS Config shows and the report have both languages.",
        wrong: "deny contains \"encryption is off\" if {…}",
        right: "deny contains {\"msg\": \"encryption is off\", \"msg_ja\": \"暗号化が無効です\"} if {…}",
    },
    Code {
        code: "SK0402",
        title: "no fixture of a verdict that the policy can give",
        why: "A policy that was never seen to deny may never do so, and one that was never seen to pass may deny everything.",
        wrong: "fixtures/example/off.yaml alone",
        right: "fixtures/example/off.yaml (NON_COMPLIANT) and on.yaml (COMPLIANT), and one that is NOT_APPLICABLE where the \
                policy has not_applicable",
    },
    Code {
        code: "SK0403",
        title: "a deny that hangs on a field that may be absent",
        why: "A condition on an absent field does not hold, so that the policy passes an item of which it knows nothing. \
              custom.on_missing says what absence means (deny, not_applicable, error or allow), for the policy or for each path; \
              object.get with a default says it in Rego. Where neither does, `sekisho test` fails on a fixture that passes so, \
              and the function logs it.",
        wrong: "deny contains … if input.configuration.encrypted == false",
        right: "#   on_missing: deny\n…\ndeny contains … if input.configuration.encrypted == false",
    },
    Code {
        code: "SK0501",
        title: "a field that the resource type does not have",
        why: "It is undefined in every item: a condition on it silently never holds, the classic pass that is none.",
        wrong: "object.get(input, [\"configuration\", \"publiclyAccesible\"], false)",
        right: "object.get(input, [\"configuration\", \"publiclyAccessible\"], null)",
    },
    Code {
        code: "SK0502",
        title: "a field in the wrong case",
        why: "Some types are recorded in camelCase, others in PascalCase, and Rego knows no other spelling than the one written.",
        wrong: "object.get(input, [\"configuration\", \"KmsKeyId\"], null)",
        right: "object.get(input, [\"configuration\", \"kmsKeyId\"], null)",
    },
    Code {
        code: "SK0503",
        title: "a field that is in supplementaryConfiguration, or in configuration",
        why: "AWS Config keeps what it asks for in a call of its own in supplementaryConfiguration.",
        wrong: "object.get(input, [\"configuration\", \"BucketPolicy\"], null)",
        right: "object.get(input, [\"supplementaryConfiguration\", \"BucketPolicy\"], null)",
    },
    Code {
        code: "SK0504",
        title: "a field of another resource type",
        why: "The policy does not judge the type that has it, and those that it judges have none of the name.",
        wrong: "input.configuration.readReplicaIdentifiers of an AWS::RDS::DBInstance",
        right: "input.configuration.readReplicaDBInstanceIdentifiers",
    },
    Code {
        code: "SK0505",
        title: "tags read as a list of Key and Value",
        why: "The tags of an item are a map of names to values, whatever the service's own API has.",
        wrong: "some tag in input.tags\ntag.Key == \"Env\"",
        right: "object.get(input, [\"tags\", \"Env\"], \"\")",
    },
    Code {
        code: "SK0506",
        title: "a resource type whose fields are not known",
        why: "A note. No schema and no fixture shows the type's fields, so that nothing the policy reads of it was looked up.",
        wrong: "sekisho check",
        right: "sekisho check --schema aws-config-resource-schema, or a fixture with an item of that type",
    },
    Code {
        code: "SK0701",
        title: "a guideline's file and the policies do not fit together",
        why: "A clause names a policy, parameter or attestation that is not there, or a file is not as it should be.",
        wrong: "policies: [dynamodb-pirt]",
        right: "policies: [dynamodb-pitr]",
    },
    Code {
        code: "SK0702",
        title: "a policy and the guidelines do not fit together",
        why: "A policy that maps to no clause shows nothing to an auditor, and a citation that the guideline does not have is worse.",
        wrong: "#     - {guideline: …, clause: \"6.9\", confidence: H}",
        right: "a clause that the guideline's file has, and that names the policy",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_each_stands_once() {
        assert!(CODES.windows(2).all(|pair| pair[0].code < pair[1].code));
        assert!(CODES.iter().all(|entry| !entry.why.is_empty() && entry.why.ends_with('.')));
        assert_eq!(find("sk0201").map(|entry| entry.code), Some("SK0201"));
        assert_eq!(find("SK9999"), None);
    }
}
