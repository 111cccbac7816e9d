# METADATA
# title: Buckets have versioning, by the items of an advanced query
# description: A periodic policy that judges each resource of its type. Only the test with fakecloud uses it.
# scope: package
# custom:
#   id: rig-bucket-versioning
#   title_ja: バケットのバージョニングが有効である
#   severity: low
#   trigger: periodic
#   resource_types: [AWS::S3::Bucket]
#   remediation: aws s3api put-bucket-versioning --bucket NAME --versioning-configuration Status=Enabled
package sekisho_policies.rig_bucket_versioning

# Where fakecloud has it; AWS Config has it in supplementaryConfiguration.
deny contains {"msg": "versioning is off", "msg_ja": "バージョニングが無効です"} if {
	object.get(input, ["configuration", "bucketVersioningConfiguration", "status"], null) != "Enabled"
}
