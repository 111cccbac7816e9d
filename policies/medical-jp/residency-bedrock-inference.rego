# METADATA
# title: Generative AI (Amazon Bedrock) infers in Japan only
# description: >-
#   A cross-region inference profile sends prompts to any of its regions, whatever region was called. Looked at are the
#   account's own application inference profiles in allowedRegions, each of whose models has to lie in an allowed region, and
#   the statements of customer managed policies that name an action of Bedrock's inference: what they allow may name only
#   models and profiles of allowed regions, and a profile of AWS only by one of allowedPrefixes. A resource of "*" is let be
#   where a condition holds aws:RequestedRegion to allowed regions and bedrock:InferenceProfileArn to such profiles.
#   Statements that allow more than Bedrock are for iam-no-wildcard-admin, inline policies and guardrails of the
#   organization (SCP) are not read.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/bedrock/latest/userguide/cross-region-inference.html
#   - https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
#   - https://docs.aws.amazon.com/bedrock/latest/APIReference/API_InferenceProfileSummary.html
# custom:
#   id: residency-bedrock-inference
#   title_ja: 生成AI(Amazon Bedrock)の推論が国内に限定されている
#   severity: high
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
#   inventory:
#     - AWS::IAM::Policy
#   parameters:
#     type: object
#     properties:
#       allowedRegions:
#         type: array
#         items:
#           type: string
#           pattern: "^[a-z]{2}(-[a-z]+)+-[0-9]+$"
#         minItems: 1
#         default: [ap-northeast-1, ap-northeast-3]
#         description: Regions where models may infer, and where Bedrock is asked
#         description_ja: 推論を許可し、Bedrockに照会するリージョン
#       allowedPrefixes:
#         type: array
#         items:
#           type: string
#           pattern: "^[a-z-]+$"
#         default: [jp]
#         description: Prefixes of AWS's cross-region profiles that stay in Japan
#         description_ja: 国内で完結するクロスリージョン推論プロファイルの接頭辞
#   facts:
#     profiles:
#       provider: aws-api
#       service: bedrock
#       action: ListInferenceProfiles
#       parameters: {typeEquals: APPLICATION}
#       regions: {parameter: allowedRegions}
#   guidelines:
#     - guideline: 医療情報を取り扱う情報システム・サービスの提供事業者における安全管理ガイドライン
#       edition: "2.0"
#       clause: "6.1"
#       confidence: M
#   remediation: >-
#     Delete the profile and make it again from a model of Tokyo or Osaka or from a jp. profile
#     (aws bedrock delete-inference-profile --inference-profile-identifier ID; aws bedrock create-inference-profile); let
#     policies name models and profiles of these regions only (aws iam create-policy-version --policy-arn ARN
#     --policy-document file://policy.json --set-as-default); deny the others by a service control policy.
#   remediation_ja: >-
#     プロファイルを削除し、東京・大阪のモデルかjp.プロファイルから作り直す
#     (aws bedrock delete-inference-profile --inference-profile-identifier ID、aws bedrock create-inference-profile)。
#     IAMポリシーでは国内のモデルとプロファイルだけを許可し(aws iam create-policy-version --policy-arn ARN
#     --policy-document file://policy.json --set-as-default)、その他はSCPで禁止する。
package sekisho_policies.residency_bedrock_inference

import data.sekisho.decode
import data.sekisho.places
import data.sekisho.regional
import data.sekisho.wildcard

# ---- the account's profiles

deny contains {
	"msg": sprintf("inference profile %v (%s) infers in %s, outside the allowed regions", [name, place, region]),
	"msg_ja": sprintf("推論プロファイル%v(%s)は国外リージョン%sで推論します", [name, place, region]),
} if {
	some place, result in regional.results(data.facts.profiles)
	some profile in decode.list(object.get(result, "inferenceProfileSummaries", null))
	name := object.get(profile, "inferenceProfileName", "unknown")
	some model in decode.list(object.get(profile, "models", null))
	region := places.region(object.get(model, "modelArn", null))
	not region in data.parameters.allowedRegions
}

# Without a region a model is of no one region: its requests may go anywhere.
deny contains {
	"msg": sprintf("where inference profile %v (%s) infers cannot be told", [name, place]),
	"msg_ja": sprintf("推論プロファイル%v(%s)の推論先リージョンを確認できません", [name, place]),
} if {
	some place, result in regional.results(data.facts.profiles)
	some profile in decode.list(object.get(result, "inferenceProfileSummaries", null))
	name := object.get(profile, "inferenceProfileName", "unknown")
	not located(profile)
}

located(profile) if {
	models := decode.list(object.get(profile, "models", null))
	count(models) > 0
	every model in models {
		places.region(object.get(model, "modelArn", null))
	}
}

unread contains region if {
	some region in data.parameters.allowedRegions
	not is_array(object.get(regional.results(data.facts.profiles), [region, "inferenceProfileSummaries"], null))
}

deny contains {
	"msg": sprintf("inference profiles cannot be read in %s", [concat(", ", sort(unread))]),
	"msg_ja": sprintf("推論プロファイルを確認できません: %s", [concat(", ", sort(unread))]),
} if {
	count(unread) > 0
}

# ---- customer managed policies

invoking := ["bedrock:invokemodel", "bedrock:invokemodelwithresponsestream", "bedrock:invokemodelwithbidirectionalstream", "bedrock:createmodelinvocationjob"]

# Actions that name Bedrock; "*" allows more than that.
invokes(statement) if {
	some pattern in decode.list(object.get(statement, "Action", null))
	is_string(pattern)
	startswith(lower(pattern), "bedrock:")
	some action in invoking
	wildcard.matches(lower(pattern), action)
}

statements[name] contains statement if {
	some _, item in data.inventory["AWS::IAM::Policy"]
	name := object.get(item, "resourceName", "unknown")
	some version in decode.list(object.get(item, ["configuration", "policyVersionList"], null))
	object.get(version, "isDefaultVersion", null) == true
	some statement in decode.statements(object.get(version, "document", null))
	object.get(statement, "Effect", null) != "Deny"
	invokes(statement)
}

resources(statement) := decode.list(object.get(statement, "Resource", null))

# Profiles of AWS: "arn:aws:bedrock:REGION:ACCOUNT:inference-profile/PREFIX.model".
profile_name(arn) := name if {
	name := split(arn, ":inference-profile/")[1]
}

is_domestic(arn, _) if {
	places.region(arn) in data.parameters.allowedRegions
	not profile_name(arn)
	not abroad_by_prefix(arn)
}

is_domestic(arn, _) if {
	places.region(arn) in data.parameters.allowedRegions
	is_allowed_profile(profile_name(arn))
}

# What the resource leaves open, two conditions may hold.
is_domestic(_, statement) if {
	held(statement, "aws:requestedregion", region_pattern)
	held(statement, "bedrock:inferenceprofilearn", profile_pattern)
}

# "arn:aws:bedrock:ap-northeast-1:123456789012:*" takes profiles in.
abroad_by_prefix(arn) if {
	some name in ["us.model", "global.model"]
	wildcard.matches(arn, sprintf("arn:aws:bedrock:%s:%s:inference-profile/%s", [places.region(arn), account(arn), name]))
}

account(arn) := number if {
	number := split(arn, ":")[4]
}

is_allowed_profile(name) if {
	some prefix in data.parameters.allowedPrefixes
	startswith(name, sprintf("%s.", [prefix]))
}

held(statement, key, pattern) if {
	conditions := object.get(statement, "Condition", null)
	is_object(conditions)
	some operator in ["StringEquals", "StringLike", "ArnEquals", "ArnLike"]
	some name, given in object.get(conditions, operator, {})
	lower(name) == key
	values := decode.list(given)
	count(values) > 0
	every value in values {
		regex.match(pattern, value)
	}
}

region_pattern := sprintf("^(%s)$", [concat("|", data.parameters.allowedRegions)])

profile_pattern := sprintf(`^arn:aws:bedrock:[^:]*:[^:]*:inference-profile/(%s)\.`, [concat("|", data.parameters.allowedPrefixes)])

deny contains {
	"msg": sprintf("policy %s lets Bedrock infer by %v, which is not held to the allowed regions", [name, arn]),
	"msg_ja": sprintf("IAMポリシー%sは、国内に限定されないBedrockの推論を許可しています: %v", [name, arn]),
} if {
	some name, found in statements
	some statement in found
	some arn in resources(statement)
	not is_domestic(arn, statement)
}

deny contains {
	"msg": sprintf("policy %s lets Bedrock infer by all resources but some (NotResource)", [name]),
	"msg_ja": sprintf("IAMポリシー%sは、NotResourceでBedrockの推論を許可しています", [name]),
} if {
	some name, found in statements
	some statement in found
	object.get(statement, "NotResource", null) != null
}
