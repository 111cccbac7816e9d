# METADATA
# title: Buckets are blocked from the public, encrypted, and speak TLS only
# description: Three demands on supplementaryConfiguration; the bucket policy is JSON in a string.
# scope: package
# custom:
#   id: bucket-protected
#   title_ja: バケットが公開されておらず、暗号化され、TLSのみを受け付ける
#   severity: high
#   trigger: change
#   resource_types:
#     - AWS::S3::Bucket
#   remediation: Block public access, set the default encryption, deny access without TLS.
package sekisho_policies.bucket_protected

supplementary := object.get(input, "supplementaryConfiguration", {})

blocks := ["blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets"]

deny contains {"msg": sprintf("%s is off", [block])} if {
	some block in blocks
	object.get(supplementary, ["PublicAccessBlockConfiguration", block], false) != true
}

algorithms := {rule.applyServerSideEncryptionByDefault.sseAlgorithm |
	some rule in object.get(supplementary, ["ServerSideEncryptionConfiguration", "rules"], [])
}

deny contains {"msg": "no default encryption"} if count(algorithms & {"AES256", "aws:kms", "aws:kms:dsse"}) == 0

policy_text := object.get(supplementary, ["BucketPolicy", "policyText"], null)

tls_only if {
	is_string(policy_text)
	some statement in json.unmarshal(policy_text).Statement
	statement.Effect == "Deny"
	statement.Condition.Bool["aws:SecureTransport"] == "false"
}

deny contains {"msg": "access without TLS is not denied"} if not tls_only
