# METADATA
# title: No region outside Japan holds resources, and none is unobserved
# description: >-
#   A rule in Tokyo never sees a database in Virginia. Looked at is what AWS Config has discovered in each
#   enabled region outside allowedRegions, by resource type. A region counts as seen only where AWS Config
#   records all types and its recorder runs: a region without a recorder is denied, not passed, unless
#   exemptRegions says that nothing can be created there. Left out of account is what holds no data: global
#   types, what AWS puts into every region by itself (the default VPC and the like), the services of security
#   that have to be on in every region, and in us-east-1 the companions of CloudFront. Everything else counts,
#   new types among it. Regions that are disabled hold nothing and are not asked. The region only stands in
#   for the reach of Japanese law.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/config/latest/APIReference/API_GetDiscoveredResourceCounts.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/select-resources.html
#   - https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
#   - https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples_general.html
# custom:
#   id: residency-foreign-region-empty
#   title_ja: 国外リージョンにリソースが存在せず、未監視のリージョンがない
#   severity: critical
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
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
#         description: Regions where resources may be
#         description_ja: リソースの配置を許可するリージョン
#       ignoreTypes:
#         type: array
#         items:
#           type: string
#         default: []
#         description: >-
#           Further resource types that hold no data, * for any text; with a region before it, such as
#           us-east-1/AWS::Lambda::Function, in that region only
#         description_ja: >-
#           データを保持しないとみなす追加のリソースタイプ(*可)。
#           us-east-1/AWS::Lambda::Functionのように書くと、そのリージョンに限る
#       exemptRegions:
#         type: array
#         items:
#           type: string
#         default: []
#         description: >-
#           Enabled regions where AWS Config need not record, because nothing can be created there. What is
#           seen there counts all the same
#         description_ja: SCP等で利用を禁止しており、記録を求めないリージョン。検出したリソースは除外しない
#   facts:
#     recorders:
#       provider: aws-api
#       service: configservice
#       action: DescribeConfigurationRecorders
#       regions: enabled
#       tolerate: [AccessDeniedException]
#     recorder_status:
#       provider: aws-api
#       service: configservice
#       action: DescribeConfigurationRecorderStatus
#       regions: enabled
#       tolerate: [AccessDeniedException]
#     counts:
#       provider: aws-api
#       service: configservice
#       action: GetDiscoveredResourceCounts
#       regions: enabled
#       tolerate: [AccessDeniedException]
#   guidelines:
#     - guideline: 医療情報を取り扱う情報システム・サービスの提供事業者における安全管理ガイドライン
#       edition: "2.0"
#       clause: "6.1"
#       confidence: M
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: 15 遵守事項④
#       confidence: H
#   remediation: >-
#     Move what is there to Tokyo or Osaka and delete it; disable the opt-in regions that are not used
#     (aws account disable-region --region-name REGION); deny the others by a service control policy on
#     aws:RequestedRegion (aws organizations create-policy --type SERVICE_CONTROL_POLICY); record all types in
#     each region that stays enabled (aws configservice put-configuration-recorder --region REGION;
#     aws configservice start-configuration-recorder --region REGION --configuration-recorder-name default)
#   remediation_ja: >-
#     国外のリソースを東京・大阪リージョンへ移して削除する。使わないオプトインリージョンは無効にし
#     (aws account disable-region --region-name リージョン)、その他はaws:RequestedRegionを条件とするSCPで禁止する
#     (aws organizations create-policy --type SERVICE_CONTROL_POLICY)。有効なリージョンではAWS Configで全種別を記録する
#     (aws configservice put-configuration-recorder --region リージョン、
#     aws configservice start-configuration-recorder --region リージョン --configuration-recorder-name default)
package sekisho_policies.residency_foreign_region_empty

import data.sekisho.decode
import data.sekisho.regional
import data.sekisho.wildcard

# Of no region, wherever AWS Config counts them.
global_types := {
	"AWS::CloudFront::*",
	"AWS::ECR::PublicRepository",
	"AWS::GlobalAccelerator::*",
	"AWS::IAM::*",
	"AWS::Organizations::*",
	"AWS::RDS::GlobalCluster",
	"AWS::Route53::*",
	"AWS::S3::AccountPublicAccessBlock",
	"AWS::S3::MultiRegionAccessPoint",
	"AWS::Shield::Protection",
	"AWS::WAF::*",
}

# What AWS puts into every region by itself, before anybody has used it.
default_types := {
	"AWS::AppConfig::DeploymentStrategy",
	"AWS::Athena::DataCatalog",
	"AWS::Athena::WorkGroup",
	"AWS::CodeDeploy::DeploymentConfig",
	"AWS::EC2::DHCPOptions",
	"AWS::EC2::InternetGateway",
	"AWS::EC2::NetworkAcl",
	"AWS::EC2::PrefixList",
	"AWS::EC2::RouteTable",
	"AWS::EC2::SecurityGroup",
	"AWS::EC2::SnapshotBlockPublicAccess",
	"AWS::EC2::Subnet",
	"AWS::EC2::SubnetRouteTableAssociation",
	"AWS::EC2::SubnetNetworkAclAssociation",
	"AWS::EC2::VPC",
	"AWS::EC2::VPCBlockPublicAccessOptions",
	"AWS::EC2::VPCGatewayAttachment",
	"AWS::ECS::CapacityProvider",
	"AWS::Events::EventBus",
	"AWS::RDS::DBSecurityGroup",
	"AWS::RDS::OptionGroup",
	"AWS::Route53Resolver::FirewallDomainList",
	"AWS::XRay::EncryptionConfig",
}

# What watches over a region, and the rules that pass its findings on. They hold settings, no records.
guard_types := {
	"AWS::AccessAnalyzer::Analyzer",
	"AWS::CloudFormation::Stack",
	"AWS::CloudTrail::Trail",
	"AWS::Config::*",
	"AWS::Detective::Graph",
	"AWS::Events::Rule",
	"AWS::GuardDuty::*",
	"AWS::InspectorV2::*",
	"AWS::ResourceExplorer2::Index",
	"AWS::SSM::AssociationCompliance",
	"AWS::SecurityHub::*",
}

# Companions of CloudFront, which can live only in us-east-1.
companion_types := {"AWS::ACM::Certificate", "AWS::WAFv2::*"}

harmless := (global_types | default_types) | guard_types

abroad(region) if {
	is_string(region)
	not region in data.parameters.allowedRegions
}

ignored(_, name) if {
	some pattern in harmless
	wildcard.matches(pattern, name)
}

ignored("us-east-1", name) if {
	some pattern in companion_types
	wildcard.matches(pattern, name)
}

ignored(region, name) if {
	some pattern in data.parameters.ignoreTypes
	some text in [name, concat("/", [region, name])]
	wildcard.matches(pattern, text)
}

asked := regional.asked(data.facts.recorders) & (regional.asked(data.facts.recorder_status) & regional.asked(data.facts.counts))

foreign := {region |
	some answers in [data.facts.recorders, data.facts.recorder_status, data.facts.counts]
	some region in regional.asked(answers)
	abroad(region)
}

# ---- what is there

found[region] contains entry if {
	some region, result in regional.results(data.facts.counts)
	abroad(region)
	some line in decode.list(object.get(result, "resourceCounts", null))
	name := object.get(line, "resourceType", "unknown")
	amount := object.get(line, "count", "unknown")
	amount != 0
	not ignored(region, name)
	entry := sprintf("%s (%v)", [name, amount])
}

# ---- whether it can be seen

watched := {region | some region in foreign; not region in data.parameters.exemptRegions}

answered := regional.asked(data.facts.counts) - refused

refused := (regional.refused(data.facts.recorders) | regional.refused(data.facts.recorder_status)) | regional.refused(data.facts.counts)

unseen := {region | some region in watched; region in refused} | (watched - asked)

# A service's own recorder records for that service alone.
of_customer(entries) := [entry |
	some entry in decode.list(entries)
	object.get(entry, "servicePrincipal", null) in {null, ""}
]

# Where one can be asked at all.
open := (watched & answered) & asked

recorders[region] := entry if {
	some region, result in regional.results(data.facts.recorders)
	region in open
	entry := of_customer(object.get(result, "ConfigurationRecorders", null))[0]
}

running[region] := object.get(entry, "recording", false) if {
	some region, result in regional.results(data.facts.recorder_status)
	entry := of_customer(object.get(result, "ConfigurationRecordersStatus", null))[0]
}

without_recorder := {region | some region in open; not recorders[region]}

stopped := {region |
	some region, _ in recorders
	object.get(running, region, false) != true
}

partial := {region |
	some region, recorder in recorders
	not complete(region, recorder)
}

complete(_, recorder) if object.get(recorder, ["recordingGroup", "allSupported"], false) == true

complete(region, recorder) if {
	object.get(recorder, ["recordingGroup", "recordingStrategy", "useOnly"], null) == "EXCLUSION_BY_RESOURCE_TYPES"
	every name in decode.list(object.get(recorder, ["recordingGroup", "exclusionByResourceTypes", "resourceTypes"], null)) {
		ignored(region, name)
	}
}

# ---- verdicts

deny contains {
	"msg": sprintf("resources in %s, outside the allowed regions: %s", [region, concat(", ", sort(entries))]),
	"msg_ja": sprintf("国外リージョン%sにリソースがあります: %s", [region, concat(", ", sort(entries))]),
} if {
	some region, entries in found
}

deny contains {
	"msg": "no region was asked for its resources",
	"msg_ja": "リージョンの一覧を確認できません",
} if {
	count(asked) == 0
}

deny contains {
	"msg": sprintf("AWS Config could not be seen (access denied) in %s", [names]),
	"msg_ja": sprintf("AWS Configを参照できず、リソースの有無を確認できません: %s", [names]),
} if {
	count(unseen) > 0
	names := concat(", ", sort(unseen))
}

deny contains {
	"msg": sprintf("unobserved: AWS Config has no recorder in %s", [names]),
	"msg_ja": sprintf("AWS Configのレコーダーがなく、未監視です: %s", [names]),
} if {
	count(without_recorder) > 0
	names := concat(", ", sort(without_recorder))
}

deny contains {
	"msg": sprintf("unobserved: AWS Config's recorder is stopped in %s", [names]),
	"msg_ja": sprintf("AWS Configの記録が停止しており、未監視です: %s", [names]),
} if {
	count(stopped) > 0
	names := concat(", ", sort(stopped))
}

deny contains {
	"msg": sprintf("unobserved in part: AWS Config does not record all resource types in %s", [names]),
	"msg_ja": sprintf("AWS Configが一部のリソースタイプしか記録しておらず、監視が不十分です: %s", [names]),
} if {
	count(partial) > 0
	names := concat(", ", sort(partial))
}
