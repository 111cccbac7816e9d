package sekisho_policies.residency_bedrock_inference_test

import data.sekisho_policies.residency_bedrock_inference as policy

defaults := {"allowedRegions": ["ap-northeast-1"], "allowedPrefixes": ["jp"]}

answer(profiles) := [{"region": "ap-northeast-1", "result": {"inferenceProfileSummaries": profiles}}]

judged(profiles, items) := {reason.msg |
	some reason in policy.deny with data.facts as {"profiles": profiles}
		with data.inventory as {"AWS::IAM::Policy": items}
		with data.parameters as defaults
}

profile(models) := judged(answer([{"inferenceProfileName": "p", "models": models}]), {})

version(statement, is_default) := {"isDefaultVersion": is_default, "document": {"Statement": [object.union({"Effect": "Allow", "Action": "bedrock:InvokeModel"}, statement)]}}

managed(statement) := judged(answer([]), {"ANPA": {"resourceName": "m", "configuration": {"policyVersionList": [version(statement, true)]}}})

refused(arn) := {sprintf("policy m lets Bedrock infer by %s, which is not held to the allowed regions", [arn])}

tokyo_model := "arn:aws:bedrock:ap-northeast-1::foundation-model/anthropic.claude"

japan := {
	"StringEquals": {"aws:RequestedRegion": ["ap-northeast-1"]},
	"ArnLike": {"bedrock:InferenceProfileArn": "arn:aws:bedrock:*:*:inference-profile/jp.*"},
}

test_profiles if {
	profile([{"modelArn": tokyo_model}]) == set()
	profile([{"modelArn": tokyo_model}, {"modelArn": "arn:aws:bedrock:us-east-1::foundation-model/x"}]) == {"inference profile p (ap-northeast-1) infers in us-east-1, outside the allowed regions"}
	every models in [null, [], [{}], [{"modelArn": tokyo_model}, {"modelArn": "arn:aws:bedrock:::foundation-model/x"}]] {
		profile(models) == {"where inference profile p (ap-northeast-1) infers cannot be told"}
	}
}

test_answers_without_their_list if {
	every answers in [[], answer(null), [{"region": "ap-northeast-1"}]] {
		judged(answers, {}) == {"inference profiles cannot be read in ap-northeast-1"}
	}
}

test_resources_in_japan if {
	every arn in [
		tokyo_model,
		"arn:aws:bedrock:ap-northeast-1::foundation-model/*",
		"arn:aws:bedrock:ap-northeast-1:123456789012:inference-profile/jp.anthropic.claude",
		"arn:aws:bedrock:ap-northeast-1:123456789012:inference-profile/jp.*",
		"arn:aws:bedrock:ap-northeast-1:123456789012:application-inference-profile/abc",
	] {
		managed({"Resource": arn}) == set()
	}
}

test_resources_abroad if {
	every arn in [
		"*",
		"arn:aws:bedrock:*::foundation-model/x",
		"arn:aws:bedrock:ap-northeast-?::foundation-model/x",
		"arn:aws:bedrock:::foundation-model/x",
		"arn:aws:bedrock:us-east-1::foundation-model/x",
		"arn:aws:bedrock:ap-northeast-1:123456789012:*",
		"arn:aws:bedrock:ap-northeast-1:*:inf*",
		"arn:aws:bedrock:ap-northeast-1:123456789012:inference-profile/*",
		"arn:aws:bedrock:ap-northeast-1:123456789012:inference-profile/apac.x",
		"arn:aws:bedrock:ap-northeast-1:123456789012:inference-profile/jpx.y",
		"arn:aws:bedrock:us-east-1:123456789012:inference-profile/jp.y",
	] {
		managed({"Resource": [tokyo_model, arn]}) == refused(arn)
	}
}

test_conditions if {
	managed({"Resource": "*", "Condition": japan}) == set()
	every operator in ["StringEquals", "StringLike", "ArnEquals", "ArnLike"] {
		condition := {operator: {"AWS:requestedregion": "ap-northeast-1", "bedrock:InferenceProfileArn": "arn:aws:bedrock:ap-northeast-1:1:inference-profile/jp.x"}}
		managed({"Resource": "*", "Condition": condition}) == set()
	}
	every condition in [
		"x",
		object.remove(japan, ["ArnLike"]),
		object.remove(japan, ["StringEquals"]),
		object.union(object.remove(japan, ["StringEquals"]), {"StringLike": {"aws:SourceRegion": "ap-northeast-1"}}),
		object.union(japan, {"StringEquals": {"aws:RequestedRegion": ["ap-northeast-1", "us-east-1"]}}),
		object.union(japan, {"StringEquals": {"aws:RequestedRegion": []}}),
		object.union(japan, {"ArnLike": {"bedrock:InferenceProfileArn": "arn:aws:bedrock:*:*:inference-profile/*"}}),
		{"StringNotEquals": japan.StringEquals, "ArnLike": japan.ArnLike},
	] {
		managed({"Resource": "*", "Condition": condition}) == refused("*")
	}
}

test_actions if {
	every action in ["bedrock:InvokeModel", "Bedrock:invoke*", "bedrock:*", ["s3:GetObject", "bedrock:InvokeModelWithResponseStream"], "bedrock:CreateModelInvocationJob", "bedrock:InvokeModelWithB*"] {
		managed({"Action": action, "Resource": "*"}) == refused("*")
	}
	every action in ["*", "bedrock:List*", "bedrock:GetFoundationModel", "s3:*", "xbedrock:InvokeModel", null, 7] {
		managed({"Action": action, "Resource": "*"}) == set()
	}
}

test_what_allows_nothing if {
	managed({"Effect": "Deny", "Resource": "*"}) == set()
	managed({"Effect": null, "Resource": "*"}) == refused("*")
	old := {"ANPA": {"resourceName": "m", "configuration": {"policyVersionList": [version({"Resource": "*"}, false)]}}}
	judged(answer([]), old) == set()
}

test_not_resource if {
	managed({"NotResource": "arn:aws:bedrock:us-east-1::foundation-model/x"}) == {"policy m lets Bedrock infer by all resources but some (NotResource)"}
}
