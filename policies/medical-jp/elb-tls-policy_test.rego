package sekisho_policies.elb_tls_policy_test

import data.sekisho_policies.elb_tls_policy

defaults := {
	"allowedPolicies": ["ELBSecurityPolicy-TLS13-1-3-2021-06", "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"],
	"requireMutualTls": false,
	"forbidTcp": false,
}

listener(protocol, changes) := {
	"resourceType": "AWS::ElasticLoadBalancingV2::Listener",
	"configuration": object.union({"Protocol": protocol, "Port": 443, "DefaultActions": [{"Type": "forward"}]}, changes),
}

good := {"SslPolicy": "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"}

classic(listeners, attributes) := {
	"resourceType": "AWS::ElasticLoadBalancing::LoadBalancer",
	"configuration": {"listenerDescriptions": [{"listener": {"protocol": protocol, "loadBalancerPort": port}, "policyNames": ["cookies", "tls"]} |
		some port, protocol in listeners
	]},
	"supplementaryConfiguration": {"LoadBalancerPolicies": [
		{"policyName": "cookies", "policyTypeName": "LBCookieStickinessPolicyType", "policyAttributeDescriptions": [{"attributeName": "CookieExpirationPeriod", "attributeValue": "true"}]},
		{"policyName": "other", "policyTypeName": "SSLNegotiationPolicyType", "policyAttributeDescriptions": [{"attributeName": "Protocol-SSLv3", "attributeValue": "true"}]},
		{"policyName": "tls", "policyTypeName": "SSLNegotiationPolicyType", "policyAttributeDescriptions": [{"attributeName": name, "attributeValue": value} | some name, value in attributes]},
	]},
}

strong := {"Protocol-TLSv1.2": "true", "Protocol-TLSv1.1": "false", "Server-Defined-Cipher-Order": "true", "ECDHE-RSA-AES128-GCM-SHA256": "true", "AES128-SHA": "false"}

messages(document, changes) := {reason.msg |
	some reason in elb_tls_policy.deny with input as document with data.parameters as object.union(defaults, changes)
}

skipped(document, changes) if elb_tls_policy.not_applicable with input as document with data.parameters as object.union(defaults, changes)

test_strong if {
	messages(listener("HTTPS", good), {}) == set()
	messages(listener("TLS", good), {}) == set()
	not skipped(listener("HTTPS", good), {})
}

test_weak if {
	every protocol in ["HTTPS", "TLS"] {
		messages(listener(protocol, {"SslPolicy": "ELBSecurityPolicy-2016-08"}), {}) == {"the security policy ELBSecurityPolicy-2016-08 is not strong enough"}
		messages(listener(protocol, {}), {}) == {"the security policy null is not strong enough"}
	}
}

test_http if {
	refused := {"the listener serves HTTP instead of redirecting to HTTPS"}
	every actions in [
		[{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "StatusCode": "HTTP_301"}}],
		[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "403"}}],
		[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}],
	] {
		messages(listener("HTTP", {"DefaultActions": actions}), {}) == set()
	}
	every actions in [
		null,
		[],
		[{"Type": "forward"}],
		[{"Type": "redirect", "RedirectConfig": {"Protocol": "#{protocol}"}}],
		[{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTP"}}],
		[{"Type": "redirect"}],
		[{"Type": "forward", "RedirectConfig": {"Protocol": "HTTPS"}}],
		[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
		[{"Type": "fixed-response"}],
		[{"Type": "forward", "FixedResponseConfig": {"StatusCode": "403"}}],
		[{"Type": "authenticate-oidc"}],
		[{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS"}}, {"Type": "forward"}],
	] {
		messages(listener("HTTP", {"DefaultActions": actions}), {}) == refused
	}
	messages(listener("HTTP", {"DefaultActions": [{"Type": "authenticate-cognito"}, {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS"}}]}), {}) == set()
}

test_passing_through if {
	every protocol in ["TCP", "UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC"] {
		skipped(listener(protocol, {}), {})
		messages(listener(protocol, {}), {}) == set()
	}
	every protocol in ["TCP", "TCP_UDP", "TCP_QUIC"] {
		not skipped(listener(protocol, {}), {"forbidTcp": true})
		messages(listener(protocol, {}), {"forbidTcp": true}) == {sprintf("the listener passes %s through", [protocol])}
	}
	skipped(listener("UDP", {}), {"forbidTcp": true})
}

test_protocol_unknown if {
	every protocol in [null, "GOPHER"] {
		messages(listener(protocol, {}), {}) == {sprintf("the protocol of the listener is not known: %v", [protocol])}
		not skipped(listener(protocol, {}), {})
	}
}

test_mutual_tls if {
	strict := {"requireMutualTls": true}
	messages(listener("HTTPS", object.union(good, {"MutualAuthentication": {"Mode": "verify"}})), strict) == set()
	every mode in ["off", "passthrough"] {
		messages(listener("HTTPS", object.union(good, {"MutualAuthentication": {"Mode": mode}})), strict) == {sprintf("client certificates are not verified (mutual TLS %s)", [mode])}
	}
	messages(listener("HTTPS", good), strict) == {"client certificates are not verified (mutual TLS off)"}
	messages(listener("TLS", good), strict) == set()
	messages(classic({443: "HTTPS"}, strong), strict) == {"client certificates cannot be verified on port 443"}
	messages(classic({80: "HTTP"}, strong), strict) == {"port 80 serves HTTP without encryption"}
	messages(classic({443: "SSL"}, strong), strict) == {"client certificates cannot be verified on port 443"}
}

test_classic_strong if {
	messages(classic({443: "HTTPS", 8443: "SSL"}, strong), {}) == set()
	messages(classic({443: "https"}, strong), {}) == set()
}

test_classic_plain if {
	messages(classic({80: "HTTP"}, strong), {}) == {"port 80 serves HTTP without encryption"}
	messages(classic({443: "HTTPS", 80: "HTTP"}, strong), {}) == {"port 80 serves HTTP without encryption"}
}

test_classic_old_protocols if {
	every name in ["SSLv2", "SSLv3", "TLSv1", "TLSv1.1"] {
		messages(classic({443: "HTTPS"}, object.union(strong, {sprintf("Protocol-%s", [name]): "true"})), {}) == {sprintf("port 443 offers %s", [name])}
	}
	messages(classic({443: "HTTPS"}, object.union(strong, {"Protocol-TLSv1.2": "false"})), {}) == {"port 443 does not offer TLS 1.2"}
	messages(classic({443: "HTTPS"}, {"Protocol-TLSv1.1": "false"}), {}) == {"port 443 does not offer TLS 1.2"}
	messages(classic({443: "HTTPS"}, object.remove(strong, ["Protocol-TLSv1.2"])), {}) == {"port 443 does not offer TLS 1.2"}
}

test_classic_weak_ciphers if {
	messages(classic({443: "HTTPS"}, object.union(strong, {"AES128-SHA": "true", "ECDHE-RSA-AES128-SHA256": "true"})), {}) == {"port 443 offers 2 weak ciphers, among them AES128-SHA"}
	messages(classic({443: "HTTPS"}, object.union(strong, {"ECDHE-RSA-CHACHA20-POLY1305": "true"})), {}) == set()
}

test_classic_policy_not_recorded if {
	messages(classic({443: "HTTPS"}, {}), {}) == {"the SSL policy of port 443 is not recorded"}
}

test_classic_allowed_by_name if {
	weak := {"Reference-Security-Policy": "ELBSecurityPolicy-TLS-1-2-2017-01", "Protocol-TLSv1.2": "true", "AES128-SHA256": "true"}
	messages(classic({443: "HTTPS"}, weak), {}) == {"port 443 offers 1 weak ciphers, among them AES128-SHA256"}
	messages(classic({443: "HTTPS"}, weak), {"allowedPolicies": ["ELBSecurityPolicy-TLS-1-2-2017-01"]}) == set()
}

test_classic_tcp if {
	skipped(classic({443: "TCP"}, strong), {})
	messages(classic({443: "TCP"}, strong), {"forbidTcp": true}) == {"port 443 passes TCP through"}
	not skipped(classic({443: "TCP"}, strong), {"forbidTcp": true})
	not skipped(classic({443: "TCP", 80: "HTTP"}, strong), {})
	not skipped(classic({}, strong), {})
}

test_classic_fields_missing if {
	messages({"resourceType": "AWS::ElasticLoadBalancing::LoadBalancer"}, {}) == {"the listeners are not recorded"}
	document := {"resourceType": "AWS::ElasticLoadBalancing::LoadBalancer", "configuration": {"listenerDescriptions": [{}]}}
	messages(document, {}) == {"port ? serves UNKNOWN without encryption"}
}
