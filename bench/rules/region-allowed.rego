# METADATA
# title: Resources are in the allowed regions
# description: The shortest of the rules that are timed; it reads one field. Resources of no region are allowed.
# scope: package
# custom:
#   id: region-allowed
#   title_ja: リソースが許可されたリージョンにある
#   severity: high
#   trigger: change
#   resource_types:
#     - AWS::AutoScaling::AutoScalingGroup
#     - AWS::CloudFormation::Stack
#     - AWS::CloudTrail::Trail
#     - AWS::CloudWatch::Alarm
#     - AWS::DynamoDB::Table
#     - AWS::EC2::Instance
#     - AWS::EC2::NetworkAcl
#     - AWS::EC2::NetworkInterface
#     - AWS::EC2::RouteTable
#     - AWS::EC2::SecurityGroup
#     - AWS::EC2::Subnet
#     - AWS::EC2::VPC
#     - AWS::EC2::Volume
#     - AWS::ElasticLoadBalancingV2::LoadBalancer
#     - AWS::Events::Rule
#     - AWS::IAM::Policy
#     - AWS::IAM::Role
#     - AWS::IAM::User
#     - AWS::KMS::Key
#     - AWS::Lambda::Function
#     - AWS::RDS::DBInstance
#     - AWS::RDS::DBSnapshot
#     - AWS::S3::Bucket
#     - AWS::SNS::Topic
#     - AWS::SQS::Queue
#     - AWS::SSM::AssociationCompliance
#     - AWS::SSM::ManagedInstanceInventory
#     - AWS::SSM::PatchCompliance
#     - AWS::SecretsManager::Secret
#   parameters:
#     type: object
#     properties:
#       allowedRegions:
#         type: array
#         items:
#           type: string
#         default: [ap-northeast-1, ap-northeast-3, global]
#         description: Regions where resources may be
#         description_ja: リソースの配置を許可するリージョン
#   remediation: Move the resource to an allowed region.
package sekisho_policies.region_allowed

region := object.get(input, "awsRegion", "")

deny contains {"msg": sprintf("%s is not an allowed region", [region])} if {
	not region in data.parameters.allowedRegions
}
