# METADATA
# title: Every {{thing}} names its owner
# description: >-
#   An example to begin with: whoever has to mend a resource has to find who answers for it. Looked at is the tag Owner.
# scope: package
# custom:
#   id: {{id}}
#   title_ja: {{thing}}にOwnerタグがある
#   severity: low
#   trigger: change
#   resource_types:
#     - {{type}}
#   remediation: Add the tag Owner with the name of the team
#   remediation_ja: Ownerタグに担当部署名を設定する
package sekisho_policies.{{package}}

# A field that may be absent is read with object.get, so that its absence is a value to decide about.
owner := object.get(input, ["tags", "Owner"], "")

deny contains {
	"msg": "the tag Owner is missing",
	"msg_ja": "Ownerタグがありません",
} if {
	owner == ""
}
