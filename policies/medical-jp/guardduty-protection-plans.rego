# METADATA
# title: GuardDuty's protection plans are on for what is used
# description: >-
#   S3 protection is wanted always; the plans for databases, Kubernetes, functions and malware on volumes are wanted
#   (auto) where AWS Config has recorded what they protect. AWS Config records here what lies in the account's own region:
#   in the other allowed regions auto counts as used, because it cannot be seen that it is not. Malware protection of
#   single buckets is a plan of its own and is not looked at.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/guardduty/latest/ug/guardduty-features-activation-model.html
#   - https://docs.aws.amazon.com/guardduty/latest/APIReference/API_DetectorFeatureConfigurationResult.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/guardduty-s3-protection-enabled.html
# custom:
#   id: guardduty-protection-plans
#   title_ja: 利用するサービスに応じてGuardDutyの保護プランが有効である
#   severity: medium
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
#   inventory:
#     - AWS::EC2::Instance
#     - AWS::EKS::Cluster
#     - AWS::Lambda::Function
#     - AWS::RDS::DBCluster
#     - AWS::RDS::DBInstance
#     - AWS::S3::Bucket
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
#         description: Regions whose detectors are looked at
#         description_ja: 保護プランを確認対象のリージョン
#       s3:
#         type: string
#         enum: [required, auto, "off"]
#         default: required
#         description: S3 protection
#         description_ja: S3 Protection
#       rds:
#         type: string
#         enum: [required, auto, "off"]
#         default: auto
#         description: RDS protection
#         description_ja: RDS Protection
#       eks:
#         type: string
#         enum: [required, auto, "off"]
#         default: auto
#         description: EKS protection (audit logs)
#         description_ja: EKS Protection(監査ログ)
#       lambda:
#         type: string
#         enum: [required, auto, "off"]
#         default: auto
#         description: Lambda protection
#         description_ja: Lambda Protection
#       malware:
#         type: string
#         enum: [required, auto, "off"]
#         default: auto
#         description: Malware protection of the volumes of instances
#         description_ja: Malware Protection(EC2のボリューム)
#       runtime:
#         type: string
#         enum: [required, auto, "off"]
#         default: "off"
#         description: Runtime monitoring of instances and clusters; it needs an agent
#         description_ja: Runtime Monitoring(エージェントが必要)
#   facts:
#     detectors: {provider: aws-api, service: guardduty, action: ListDetectors, regions: {parameter: allowedRegions}}
#     detector:
#       provider: aws-api
#       service: guardduty
#       action: GetDetector
#       for_each: {fact: detectors, items: DetectorIds, parameters: {DetectorId: "."}}
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "18"
#       confidence: CH
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "8"
#       confidence: CH
#   remediation: >-
#     aws guardduty update-detector --region REGION --detector-id ID --features Name=PLAN,Status=ENABLED;
#     in an organization the delegated administrator does it for the members.
#   remediation_ja: >-
#     aws guardduty update-detector --region リージョン --detector-id 検出器ID --features Name=プラン名,Status=ENABLED。
#     組織で管理している場合は委任管理者の設定で有効にする。
package sekisho_policies.guardduty_protection_plans

import data.sekisho.decode

# Parameter, names of the feature in the API (any of them is enough) and what it protects.
plans := {
	"s3": {"features": ["S3_DATA_EVENTS"], "protects": ["AWS::S3::Bucket"]},
	"rds": {"features": ["RDS_LOGIN_EVENTS"], "protects": ["AWS::RDS::DBCluster", "AWS::RDS::DBInstance"]},
	"eks": {"features": ["EKS_AUDIT_LOGS"], "protects": ["AWS::EKS::Cluster"]},
	"lambda": {"features": ["LAMBDA_NETWORK_LOGS"], "protects": ["AWS::Lambda::Function"]},
	"malware": {"features": ["EBS_MALWARE_PROTECTION"], "protects": ["AWS::EC2::Instance"]},
	"runtime": {
		"features": ["RUNTIME_MONITORING", "EKS_RUNTIME_MONITORING"],
		"protects": ["AWS::EC2::Instance", "AWS::EKS::Cluster"],
	},
}

home := object.get(input, "awsRegion", null)

is_used(plan, region) if region != home

is_used(plan, region) if {
	some resource_type in plans[plan].protects
	some item in object.get(data.inventory, resource_type, {})
	object.get(item, "awsRegion", region) == region
}

is_wanted(plan, _) if data.parameters[plan] == "required"

is_wanted(plan, region) if {
	data.parameters[plan] == "auto"
	is_used(plan, region)
}

detectors_of(region) := {id |
	some answer in decode.list(data.facts.detectors)
	object.get(answer, "region", null) == region
	some id in decode.list(object.get(answer, ["result", "DetectorIds"], null))
}

# The features of the detector that are on; null where they cannot be told.
enabled(region, id) := names if {
	some answer in decode.list(data.facts.detector)
	object.get(answer, "region", null) == region
	object.get(answer, "for", null) == id
	features := object.get(answer, ["result", "Features"], null)
	is_array(features)
	names := {object.get(feature, "Name", null) |
		some feature in features
		object.get(feature, "Status", null) == "ENABLED"
	}
} else := null

# ---- verdicts

deny contains {
	"msg": sprintf("%s has no detector of GuardDuty, and so no protection plan", [region]),
	"msg_ja": sprintf("GuardDutyの検出器がないため、保護プランが働いていません(%s)", [region]),
} if {
	some region in data.parameters.allowedRegions
	count(detectors_of(region)) == 0
}

deny contains {
	"msg": sprintf("the protection plans in %s cannot be read", [region]),
	"msg_ja": sprintf("GuardDutyの保護プランを確認できません(%s)", [region]),
} if {
	some region in data.parameters.allowedRegions
	some id in detectors_of(region)
	enabled(region, id) == null
}

deny contains {
	"msg": sprintf("the protection plan %s is off in %s", [name, region]),
	"msg_ja": sprintf("GuardDutyの保護プラン%sが無効です(%s)", [name, region]),
} if {
	some region in data.parameters.allowedRegions
	some id in detectors_of(region)
	on := enabled(region, id)
	on != null
	some plan, its in plans
	is_wanted(plan, region)
	count(on & {feature | some feature in its.features}) == 0
	name := its.features[0]
}
