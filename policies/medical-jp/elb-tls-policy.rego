# METADATA
# title: Load balancers speak TLS 1.3, or TLS 1.2 with forward secrecy, and HTTP only redirects
# description: >-
#   The guideline asks for TLS 1.3, where that is not possible for TLS 1.2, both in the high security setting
#   of IPA's TLS guide: forward secrecy and authenticated encryption only. Looked at are the listeners of
#   application and network load balancers and those of classic ones, whose policies are read cipher by cipher.
#   An HTTP listener must redirect to HTTPS or refuse. A TCP listener passes TLS through unseen and is
#   NOT_APPLICABLE unless forbidTcp is set. Rules beside the default action of a listener are not in its item.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
#   - https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-ssl-security-policy.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/elbv2-predefined-security-policy-ssl-check.html
# custom:
#   id: elb-tls-policy
#   title_ja: ロードバランサーの通信がTLS 1.3(最低1.2)で暗号化されている
#   severity: high
#   trigger: change
#   resource_types:
#     - AWS::ElasticLoadBalancingV2::Listener
#     - AWS::ElasticLoadBalancing::LoadBalancer
#   parameters:
#     type: object
#     properties:
#       allowedPolicies:
#         type: array
#         items:
#           type: string
#         minItems: 1
#         default:
#           - ELBSecurityPolicy-TLS13-1-3-2021-06
#           - ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04
#           - ELBSecurityPolicy-TLS13-1-3-PQ-2025-09
#           - ELBSecurityPolicy-TLS13-1-3-FIPS-PQ-2025-09
#           - ELBSecurityPolicy-TLS13-1-2-Res-2021-06
#           - ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04
#           - ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09
#           - ELBSecurityPolicy-TLS13-1-2-Res-FIPS-PQ-2025-09
#         description: Security policies that are strong enough
#         description_ja: 使用を認めるセキュリティポリシー
#       requireMutualTls:
#         type: boolean
#         default: false
#         description: Whether HTTPS listeners have to verify client certificates
#         description_ja: クライアント証明書の検証(相互TLS認証)を必須とするか
#       forbidTcp:
#         type: boolean
#         default: false
#         description: Whether TCP listeners, which pass everything through, are denied
#         description_ja: TCPリスナー(パススルー)を禁止するか
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "13"
#       confidence: CH
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "13.3"
#       confidence: M
#     - guideline: 医療情報システムの安全管理に関するガイドライン 第6.0版 Q&A
#       edition: 令和5年5月
#       clause: TLSの高セキュリティ型
#       confidence: H
#     - guideline: 製造業者/サービス事業者による医療情報セキュリティ開示書
#       edition: 版未確認
#       clause: TLS1.2高セキュリティ型以上・クライアント認証
#       confidence: M
#   remediation: >-
#     Set the policy: aws elbv2 modify-listener --listener-arn ARN
#     --ssl-policy ELBSecurityPolicy-TLS13-1-2-Res-2021-06; let HTTP redirect: aws elbv2 modify-listener
#     --listener-arn ARN --default-actions
#     Type=redirect,RedirectConfig={Protocol=HTTPS,Port=443,StatusCode=HTTP_301}; move a classic load balancer
#     to an application load balancer
#   remediation_ja: >-
#     セキュリティポリシーを変更する: aws elbv2 modify-listener --listener-arn リスナーARN
#     --ssl-policy ELBSecurityPolicy-TLS13-1-2-Res-2021-06。HTTPはリダイレクトにする:
#     aws elbv2 modify-listener --listener-arn リスナーARN --default-actions
#     Type=redirect,RedirectConfig={Protocol=HTTPS,Port=443,StatusCode=HTTP_301}。
#     Classic Load BalancerはALBへ移行する
package sekisho_policies.elb_tls_policy

import data.sekisho.decode

classic := object.get(input, "resourceType", null) == "AWS::ElasticLoadBalancing::LoadBalancer"

passing_through := {"TCP", "UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC"}

of_tcp := {"TCP", "TCP_UDP", "TCP_QUIC"}

# ---- listeners of application and network load balancers

protocol := object.get(input, ["configuration", "Protocol"], null)

ssl_policy := object.get(input, ["configuration", "SslPolicy"], null)

mutual_mode := object.get(input, ["configuration", "MutualAuthentication", "Mode"], "off")

actions := object.get(input, ["configuration", "DefaultActions"], null)

# The actions that answer; the others only ask who is there.
answers := [answer |
	is_array(actions)
	some action in actions
	answer := {
		"type": object.get(action, "Type", null),
		"protocol": object.get(action, ["RedirectConfig", "Protocol"], null),
		"status": object.get(action, ["FixedResponseConfig", "StatusCode"], ""),
	}
	not answer.type in {"authenticate-oidc", "authenticate-cognito", "jwt-validation"}
]

harmless(answer) if {
	answer.type == "redirect"
	answer.protocol == "HTTPS"
}

harmless(answer) if {
	answer.type == "fixed-response"
	regex.match(`^[45]`, answer.status)
}

default only_redirects := false

only_redirects if {
	count(answers) > 0
	every answer in answers {
		harmless(answer)
	}
}

# ---- classic load balancers

descriptions := object.get(input, ["configuration", "listenerDescriptions"], null)

classic_listeners := [entry |
	classic
	is_array(descriptions)
	some description in descriptions
	entry := {
		"port": object.get(description, ["listener", "loadBalancerPort"], "?"),
		"protocol": upper(object.get(description, ["listener", "protocol"], "unknown")),
		"policies": decode.list(object.get(description, "policyNames", null)),
	}
]

# What the policies of a listener set, as [name, value]; a listener may have others, for cookies.
settings_of(names) := {[name, value] |
	some policy in decode.list(object.get(input, ["supplementaryConfiguration", "LoadBalancerPolicies"], null))
	object.get(policy, "policyTypeName", null) == "SSLNegotiationPolicyType"
	object.get(policy, "policyName", null) in names
	some attribute in decode.list(object.get(policy, "policyAttributeDescriptions", null))
	name := object.get(attribute, "attributeName", null)
	value := object.get(attribute, "attributeValue", null)
}

allowed_by_reference(settings) if {
	some name in data.parameters.allowedPolicies
	["Reference-Security-Policy", name] in settings
}

old_protocols(settings) := [trim_prefix(setting[0], "Protocol-") |
	some setting in settings
	setting[0] in {"Protocol-SSLv2", "Protocol-SSLv3", "Protocol-TLSv1", "Protocol-TLSv1.1"}
	setting[1] != "false"
]

weak_ciphers(settings) := {name |
	some [name, "true"] in settings
	not startswith(name, "Protocol-")
	name != "Server-Defined-Cipher-Order"
	not regex.match(`^ECDHE-.*(GCM|CHACHA20)`, name)
}

classic_tls := [entry |
	some listener in classic_listeners
	listener.protocol in {"HTTPS", "SSL"}
	settings := settings_of(listener.policies)
	not allowed_by_reference(settings)
	entry := {"port": listener.port, "settings": settings}
]

# ---- verdicts

not_applicable if {
	protocol in passing_through
	not forbidden_tcp(protocol)
}

not_applicable if {
	count(classic_listeners) > 0
	every listener in classic_listeners {
		listener.protocol == "TCP"
		not forbidden_tcp(listener.protocol)
	}
}

forbidden_tcp(name) if {
	data.parameters.forbidTcp
	name in of_tcp
}

deny contains {
	"msg": sprintf("the protocol of the listener is not known: %v", [protocol]),
	"msg_ja": sprintf("リスナーのプロトコルが不明です: %v", [protocol]),
} if {
	not classic
	not protocol in {"HTTP", "HTTPS", "TLS"}
	not protocol in passing_through
}

deny contains {
	"msg": sprintf("the listener passes %s through", [protocol]),
	"msg_ja": sprintf("リスナーが%sをそのまま通しています", [protocol]),
} if {
	forbidden_tcp(protocol)
}

deny contains {
	"msg": "the listener serves HTTP instead of redirecting to HTTPS",
	"msg_ja": "HTTPリスナーがHTTPSへリダイレクトしていません",
} if {
	protocol == "HTTP"
	not only_redirects
}

deny contains {
	"msg": sprintf("the security policy %v is not strong enough", [ssl_policy]),
	"msg_ja": sprintf("セキュリティポリシー%vは基準を満たしていません", [ssl_policy]),
} if {
	protocol in {"HTTPS", "TLS"}
	not ssl_policy in data.parameters.allowedPolicies
}

deny contains {
	"msg": sprintf("client certificates are not verified (mutual TLS %v)", [mutual_mode]),
	"msg_ja": sprintf("クライアント証明書を検証していません(相互TLS: %v)", [mutual_mode]),
} if {
	data.parameters.requireMutualTls
	protocol == "HTTPS"
	mutual_mode != "verify"
}

deny contains {
	"msg": "the listeners are not recorded",
	"msg_ja": "リスナーが記録されていません",
} if {
	classic
	not is_array(descriptions)
}

deny contains {
	"msg": sprintf("port %v serves %s without encryption", [listener.port, listener.protocol]),
	"msg_ja": sprintf("ポート%vの%sが暗号化されていません", [listener.port, listener.protocol]),
} if {
	some listener in classic_listeners
	not listener.protocol in {"HTTPS", "SSL", "TCP"}
}

deny contains {
	"msg": sprintf("port %v passes TCP through", [listener.port]),
	"msg_ja": sprintf("ポート%vがTCPをそのまま通しています", [listener.port]),
} if {
	some listener in classic_listeners
	forbidden_tcp(listener.protocol)
}

deny contains {
	"msg": sprintf("the SSL policy of port %v is not recorded", [entry.port]),
	"msg_ja": sprintf("ポート%vのSSLポリシーが記録されていません", [entry.port]),
} if {
	some entry in classic_tls
	count(entry.settings) == 0
}

deny contains {
	"msg": sprintf("port %v offers %s", [entry.port, concat(", ", offered)]),
	"msg_ja": sprintf("ポート%vで%sが有効です", [entry.port, concat(", ", offered)]),
} if {
	some entry in classic_tls
	offered := old_protocols(entry.settings)
	count(offered) > 0
}

deny contains {
	"msg": sprintf("port %v does not offer TLS 1.2", [entry.port]),
	"msg_ja": sprintf("ポート%vでTLS 1.2が有効になっていません", [entry.port]),
} if {
	some entry in classic_tls
	count(entry.settings) > 0
	not ["Protocol-TLSv1.2", "true"] in entry.settings
}

deny contains {
	"msg": sprintf("port %v offers %d weak ciphers, among them %s", [entry.port, count(offered), min(offered)]),
	"msg_ja": sprintf("ポート%vで弱い暗号スイートが%d件有効です(%sなど)", [entry.port, count(offered), min(offered)]),
} if {
	some entry in classic_tls
	offered := weak_ciphers(entry.settings)
	count(offered) > 0
}

# A classic load balancer cannot ask for a client certificate where it ends TLS.
deny contains {
	"msg": sprintf("client certificates cannot be verified on port %v", [listener.port]),
	"msg_ja": sprintf("ポート%vではクライアント証明書を検証できません", [listener.port]),
} if {
	data.parameters.requireMutualTls
	some listener in classic_listeners
	listener.protocol in {"HTTPS", "SSL"}
}
