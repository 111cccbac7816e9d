package sekisho.eventbridge_test

import data.sekisho.eventbridge

event := {
	"source": "aws.config",
	"detail-type": "Config Rules Compliance Change",
	"resources": ["arn:a", "arn:b"],
	"detail": {"severity": 7, "newEvaluationResult": {"complianceType": "NON_COMPLIANT"}},
}

test_source if {
	eventbridge.matches({"source": ["aws.config"]}, event)
	eventbridge.matches({"source": ["aws.health", "aws.config"]}, event)
	eventbridge.matches("{\"source\": [\"aws.config\"]}", event)
	not eventbridge.matches({"source": ["aws.health"]}, event)
}

test_every_place_counts if {
	eventbridge.matches({"source": ["aws.config"], "detail": {"newEvaluationResult": {"complianceType": ["NON_COMPLIANT"]}}}, event)
	not eventbridge.matches({"source": ["aws.config"], "detail": {"newEvaluationResult": {"complianceType": ["COMPLIANT"]}}}, event)
	not eventbridge.matches({"source": ["aws.config"], "detail": {"configRuleName": ["one"]}}, event)
}

test_no_pattern if {
	every pattern in [null, "", "{}", {}, [], "[\"aws.config\"]", {"detail": {}}, "no pattern"] {
		not eventbridge.matches(pattern, event)
	}
}

test_lists_in_the_event if {
	eventbridge.matches({"resources": ["arn:b"]}, event)
	not eventbridge.matches({"resources": ["arn:c"]}, event)
	not eventbridge.matches({"resources": ["arn:b"]}, {"resources": []})
}

test_prefix_and_suffix if {
	eventbridge.matches({"source": [{"prefix": "aws."}]}, event)
	not eventbridge.matches({"source": [{"prefix": "config"}]}, event)
	eventbridge.matches({"source": [{"suffix": ".config"}]}, event)
	not eventbridge.matches({"source": [{"suffix": "aws"}]}, event)
	not eventbridge.matches({"detail": {"severity": [{"prefix": "7"}]}}, event)
	not eventbridge.matches({"detail": {"severity": [{"suffix": "7"}]}}, event)
}

test_case if {
	eventbridge.matches({"source": [{"equals-ignore-case": "AWS.Config"}]}, event)
	not eventbridge.matches({"source": [{"equals-ignore-case": "AWS.Health"}]}, event)
	not eventbridge.matches({"source": ["AWS.Config"]}, event)
	not eventbridge.matches({"detail": {"severity": [{"equals-ignore-case": "7"}]}}, event)
}

test_wildcard if {
	eventbridge.matches({"detail-type": [{"wildcard": "*Compliance*"}]}, event)
	eventbridge.matches({"source": [{"wildcard": "aws.*"}]}, event)
	eventbridge.matches({"source": [{"wildcard": "*config"}]}, event)
	eventbridge.matches({"source": [{"wildcard": "aws.config"}]}, event)
	eventbridge.matches({"source": [{"wildcard": "*"}]}, event)
	not eventbridge.matches({"source": [{"wildcard": "*.health"}]}, event)
	not eventbridge.matches({"source": [{"wildcard": "config*"}]}, event)
	not eventbridge.matches({"source": [{"wildcard": "*aws"}]}, event)
	not eventbridge.matches({"source": [{"wildcard": "aws"}]}, event)
	not eventbridge.matches({"source": [{"wildcard": "a*g"}]}, event)
	not eventbridge.matches({"detail": {"severity": [{"wildcard": "*"}]}}, event)
}

test_anything_but if {
	eventbridge.matches({"source": [{"anything-but": "aws.health"}]}, event)
	eventbridge.matches({"source": [{"anything-but": ["aws.health", "aws.ec2"]}]}, event)
	not eventbridge.matches({"source": [{"anything-but": ["aws.health", "aws.config"]}]}, event)
	not eventbridge.matches({"source": [{"anything-but": {"prefix": "aws.health"}}]}, event)
}

test_exists if {
	eventbridge.matches({"source": [{"exists": true}]}, event)
	not eventbridge.matches({"source": [{"exists": false}]}, event)
	eventbridge.matches({"source": ["aws.config"], "detail": {"errorCode": [{"exists": false}]}}, event)
	not eventbridge.matches({"detail": {"errorCode": [{"exists": true}]}}, event)
}

test_numeric if {
	every terms in [[">=", 7], [">", 6], ["<", 8], ["<=", 7], ["=", 7], [">", 6, "<=", 7], [">=", 7, "<", 8]] {
		eventbridge.matches({"detail": {"severity": [{"numeric": terms}]}}, event)
	}
	every terms in [[">=", 7.1], [">", 7], ["<", 7], ["<=", 6], ["=", 6], [">", 6, "<", 7], [">", 7, "<", 9], ["~", 7], [">=", 1, "<="]] {
		not eventbridge.matches({"detail": {"severity": [{"numeric": terms}]}}, event)
	}
	not eventbridge.matches({"source": [{"numeric": [">", 0]}]}, event)
}

test_what_is_not_known_lets_nothing_through if {
	not eventbridge.matches({"source": [{"cidr": "10.0.0.0/8"}]}, event)
	not eventbridge.matches({"source": [{"prefix": "aws.", "suffix": ".config"}]}, event)
	not eventbridge.matches({"$or": [{"source": ["aws.config"]}, {"source": ["aws.health"]}]}, event)
}
