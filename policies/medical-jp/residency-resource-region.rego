# METADATA
# title: Resources that hold data exist only in the allowed regions of Japan
# description: >-
#   Records whose keeping the law requires have to stay within the reach of Japanese law. The region of a
#   resource is only the technical stand-in for that: contracts and foreign law over the provider are a
#   question of their own. Looked at is awsRegion. Global services (IAM, CloudFront, Route 53 and so on) are
#   known by their resource type and are NOT_APPLICABLE, and so are the companions of CloudFront that can
#   live only in us-east-1: its ACM certificates, WAFv2 objects of CLOUDFRONT scope and the Lambda@Edge
#   functions that are named. A resource without a region, or a regional one that says "global", is denied.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/config/latest/developerguide/select-resources.html
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html
#   - https://docs.aws.amazon.com/waf/latest/developerguide/how-aws-waf-works-resources.html
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-the-edge.html
# custom:
#   id: residency-resource-region
#   title_ja: データを保持するリソースが国内リージョン(東京・大阪)にのみ存在する
#   severity: critical
#   trigger: change
#   resource_types:
#     # storage and databases
#     - AWS::Backup::BackupVault
#     - AWS::Backup::RecoveryPoint
#     - AWS::Cassandra::Keyspace
#     - AWS::DynamoDB::Table
#     - AWS::EC2::Volume
#     - AWS::EFS::FileSystem
#     - AWS::ECR::Repository
#     - AWS::Elasticsearch::Domain
#     - AWS::HealthLake::FHIRDatastore
#     - AWS::Lightsail::Bucket
#     - AWS::Lightsail::Disk
#     - AWS::OpenSearch::Domain
#     - AWS::OpenSearchServerless::Collection
#     - AWS::QLDB::Ledger
#     - AWS::RDS::DBCluster
#     - AWS::RDS::DBClusterSnapshot
#     - AWS::RDS::DBInstance
#     - AWS::RDS::DBSnapshot
#     - AWS::Redshift::Cluster
#     - AWS::Redshift::ClusterSnapshot
#     - AWS::S3::Bucket
#     - AWS::S3Express::DirectoryBucket
#     - AWS::S3Tables::TableBucket
#     - AWS::SecretsManager::Secret
#     # streams, queues, messages
#     - AWS::AmazonMQ::Broker
#     - AWS::Events::Archive
#     - AWS::Events::EventBus
#     - AWS::Kinesis::Stream
#     - AWS::KinesisFirehose::DeliveryStream
#     - AWS::KinesisVideo::Stream
#     - AWS::MSK::Cluster
#     - AWS::MSK::ServerlessCluster
#     - AWS::SNS::Topic
#     - AWS::SQS::Queue
#     # compute
#     - AWS::AppRunner::Service
#     - AWS::EC2::Instance
#     - AWS::ECS::Service
#     - AWS::EKS::Cluster
#     - AWS::Lambda::Function
#     - AWS::StepFunctions::StateMachine
#     - AWS::WorkSpaces::Workspace
#     # analysis, search, people
#     - AWS::ACM::Certificate
#     - AWS::Athena::WorkGroup
#     - AWS::Bedrock::KnowledgeBase
#     - AWS::CloudTrail::EventDataStore
#     - AWS::Cognito::UserPool
#     - AWS::Connect::Instance
#     - AWS::CustomerProfiles::Domain
#     - AWS::DMS::Endpoint
#     - AWS::DataSync::Task
#     - AWS::Glue::Database
#     - AWS::IoTAnalytics::Datastore
#     - AWS::Kendra::Index
#     - AWS::Lex::Bot
#     - AWS::SageMaker::Domain
#     - AWS::SageMaker::FeatureGroup
#     - AWS::Transfer::Server
#     # WAFv2: regional or of CloudFront
#     - AWS::WAFv2::IPSet
#     - AWS::WAFv2::RegexPatternSet
#     - AWS::WAFv2::RuleGroup
#     - AWS::WAFv2::WebACL
#     # global
#     - AWS::CloudFront::Distribution
#     - AWS::CloudFront::KeyValueStore
#     - AWS::CloudFront::PublicKey
#     - AWS::CloudFront::RealtimeLogConfig
#     - AWS::CloudFront::StreamingDistribution
#     - AWS::ECR::PublicRepository
#     - AWS::GlobalAccelerator::Accelerator
#     - AWS::GlobalAccelerator::EndpointGroup
#     - AWS::GlobalAccelerator::Listener
#     - AWS::IAM::Group
#     - AWS::IAM::InstanceProfile
#     - AWS::IAM::OIDCProvider
#     - AWS::IAM::Policy
#     - AWS::IAM::Role
#     - AWS::IAM::SAMLProvider
#     - AWS::IAM::ServerCertificate
#     - AWS::IAM::User
#     - AWS::Organizations::OrganizationalUnit
#     - AWS::RDS::GlobalCluster
#     - AWS::Route53::DNSSEC
#     - AWS::Route53::HostedZone
#     - AWS::S3::MultiRegionAccessPoint
#     - AWS::Shield::Protection
#     - AWS::WAF::WebACL
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
#       usEast1Satellites:
#         type: array
#         items:
#           type: string
#           enum: [acm-certificate, wafv2, lambda-edge]
#         default: [acm-certificate, wafv2, lambda-edge]
#         description: Companions of CloudFront that may be outside, since they can live only in us-east-1
#         description_ja: us-east-1にしか置けないCloudFront関連リソースのうち対象外とするもの
#       lambdaEdgeFunctions:
#         type: array
#         items:
#           type: string
#         default: []
#         description: >-
#           Names of the functions used as Lambda@Edge, without the prefix of their replicas; no item says
#           so of itself
#         description_ja: Lambda@Edgeとして使う関数の名前(レプリカの接頭辞us-east-1.は不要)
#       nonDataTag:
#         type: string
#         default: ""
#         description: >-
#           Tag of resources that hold no data, as Key or Key=Value; they are NOT_APPLICABLE. Empty, the
#           default, exempts nothing, because whoever may tag could exempt
#         description_ja: データを保持しないリソースに付けるタグ(キー、またはキー=値)。空なら除外しない
#   guidelines:
#     - guideline: 医療情報を取り扱う情報システム・サービスの提供事業者における安全管理ガイドライン
#       edition: "2.0"
#       clause: "6.1"
#       confidence: M
#     - guideline: 個人情報保護委員会FAQ
#       edition: 版未確認
#       clause: Q4-31
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: 7 遵守事項⑥
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: 15 遵守事項①④
#       confidence: H
#   remediation: >-
#     Move the data to Tokyo or Osaka and delete the resource abroad, e.g.
#     aws s3 sync s3://OLD s3://NEW --source-region us-east-1 --region ap-northeast-1; keep it from coming
#     back by a service control policy on aws:RequestedRegion
#     (aws organizations create-policy --type SERVICE_CONTROL_POLICY)
#   remediation_ja: >-
#     データを東京・大阪リージョンへ移し、国外のリソースを削除する。例:
#     aws s3 sync s3://旧バケット s3://新バケット --source-region us-east-1 --region ap-northeast-1。
#     再発防止にはaws:RequestedRegionを条件とするSCPを使う
#     (aws organizations create-policy --type SERVICE_CONTROL_POLICY)
package sekisho_policies.residency_resource_region

import data.sekisho.tags

# Types whose resources are of no region, wherever AWS Config records them: as "global", in every region or
# in the home region of the service. Known by type, never by what awsRegion says.
global_types := {
	"AWS::CloudFront::Distribution",
	"AWS::CloudFront::KeyValueStore",
	"AWS::CloudFront::PublicKey",
	"AWS::CloudFront::RealtimeLogConfig",
	"AWS::CloudFront::StreamingDistribution",
	"AWS::ECR::PublicRepository",
	"AWS::GlobalAccelerator::Accelerator",
	"AWS::GlobalAccelerator::EndpointGroup",
	"AWS::GlobalAccelerator::Listener",
	"AWS::IAM::Group",
	"AWS::IAM::InstanceProfile",
	"AWS::IAM::OIDCProvider",
	"AWS::IAM::Policy",
	"AWS::IAM::Role",
	"AWS::IAM::SAMLProvider",
	"AWS::IAM::ServerCertificate",
	"AWS::IAM::User",
	"AWS::Organizations::OrganizationalUnit",
	"AWS::RDS::GlobalCluster",
	"AWS::Route53::DNSSEC",
	"AWS::Route53::HostedZone",
	"AWS::S3::MultiRegionAccessPoint",
	"AWS::Shield::Protection",
	"AWS::WAF::WebACL",
}

wafv2_types := {
	"AWS::WAFv2::IPSet",
	"AWS::WAFv2::RegexPatternSet",
	"AWS::WAFv2::RuleGroup",
	"AWS::WAFv2::WebACL",
}

resource_type := object.get(input, "resourceType", null)

region := object.get(input, "awsRegion", null)

default recorded := false

recorded if {
	is_string(region)
	region != ""
}

arn := object.get(input, "ARN", null)

resource_name := object.get(input, "resourceName", null)

in_use_by := object.get(input, ["configuration", "inUseBy"], null)

# What this resource is among the companions of CloudFront, by the names of the parameter usEast1Satellites.
satellite contains "acm-certificate" if {
	resource_type == "AWS::ACM::Certificate"
	region == "us-east-1"
	is_array(in_use_by)
	count(in_use_by) > 0
	count([user | some user in in_use_by; not of_cloudfront(user)]) == 0
}

# The ARN has "global" where a regional object has "regional".
satellite contains "wafv2" if {
	resource_type in wafv2_types
	is_string(arn)
	regex.match(`^arn:aws:wafv2:us-east-1:[0-9]{12}:global/`, arn)
}

satellite contains "lambda-edge" if {
	resource_type == "AWS::Lambda::Function"
	region == "us-east-1"
	resource_name in data.parameters.lambdaEdgeFunctions
}

# CloudFront copies the function to other regions under a name of its own.
satellite contains "lambda-edge" if {
	resource_type == "AWS::Lambda::Function"
	some name in data.parameters.lambdaEdgeFunctions
	resource_name == concat(".", ["us-east-1", name])
}

of_cloudfront(user) if regex.match(`^arn:aws:cloudfront::[0-9]{12}:distribution/`, user)

not_applicable if resource_type in global_types

not_applicable if {
	some kind in data.parameters.usEast1Satellites
	kind in satellite
}

not_applicable if tags.matches(object.get(input, "tags", {}), data.parameters.nonDataTag)

deny contains {
	"msg": "the region is not recorded",
	"msg_ja": "リージョンが記録されていません",
} if {
	not recorded
}

deny contains {
	"msg": "the region is recorded as global, but the resource type is regional",
	"msg_ja": "リージョン単位のリソースですが、リージョンがglobalと記録されています",
} if {
	region == "global"
}

deny contains {
	"msg": sprintf(
		"%s is not an allowed region (%s); the region only stands in for the reach of Japanese law",
		[region, allowed],
	),
	"msg_ja": sprintf(
		"%sは許可リージョン(%s)ではありません。リージョンは国内法の執行が及ぶ範囲の技術的な目安です",
		[region, allowed],
	),
} if {
	recorded
	region != "global"
	not region in data.parameters.allowedRegions
	allowed := concat(", ", data.parameters.allowedRegions)
}
