"""The Security plugin on a cluster: certificates made at test time, its settings, users and roles by REST."""
import base64
import os
import secrets
import ssl
import subprocess
import sys
from urllib.parse import quote

from . import config
from .http import Http
from .wait import until

ORGANISATION = "ccr"
API = "/_plugins/_security/api"
LEADER_ROLE = "cross_cluster_replication_leader_full_access"
FOLLOWER_ROLE = "cross_cluster_replication_follower_full_access"


def security_zip():
    """The Security plugin, fitted to the distribution, where the nodes' user can read it."""
    target = os.path.join(config.work_dir(), "security.zip")
    if not os.path.exists(target):
        script = os.path.join(os.path.dirname(__file__), "..", "..", "..", "scripts", "opensearch-security.py")
        done = subprocess.run([sys.executable, script], stdout=subprocess.PIPE, text=True)
        if done.returncode:
            raise AssertionError("the Security plugin cannot be had")
        with open(done.stdout.strip(), "rb") as source, open(target, "wb") as out:
            out.write(source.read())
        os.chmod(target, 0o644)
    return target


def _openssl(*arguments):
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(f"openssl {' '.join(arguments)}: {done.stderr}")


class Authority:
    """A certificate authority that lives as long as the test run."""

    def __init__(self, name="ca"):
        self.folder = os.path.join(config.work_dir(), f"{name}-{secrets.token_hex(4)}")
        os.makedirs(self.folder)
        self.certificate = self._path("ca.pem")
        self._request("ca", f"/O={ORGANISATION}/CN=test authority")
        _openssl("x509", "-req", "-in", self._path("ca.csr"), "-signkey", self._path("ca.key"), "-days", "30", "-out",
                 self.certificate, "-extfile", self._extensions("basicConstraints=critical,CA:TRUE",
                                                                "keyUsage=critical,keyCertSign,cRLSign"))

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _extensions(self, *lines):
        with open(self._path("extensions"), "w", encoding="ascii") as out:
            out.write("\n".join(lines) + "\n")
        return self._path("extensions")

    def _request(self, name, subject):
        _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self._path(name + ".key"))
        _openssl("req", "-new", "-key", self._path(name + ".key"), "-subj", subject, "-out", self._path(name + ".csr"))

    def issue(self, name, unit, host="127.0.0.1"):
        """(certificate, key) of CN=name,OU=unit,O=ccr, good for servers and clients at this address."""
        stem = f"{unit}-{name}-{secrets.token_hex(4)}"
        self._request(stem, f"/O={ORGANISATION}/OU={unit}/CN={name}")
        _openssl("x509", "-req", "-in", self._path(stem + ".csr"), "-CA", self.certificate, "-CAkey", self._path("ca.key"),
                 "-CAcreateserial", "-days", "30", "-out", self._path(stem + ".pem"), "-extfile",
                 self._extensions(f"subjectAltName=IP:{host}", "extendedKeyUsage=serverAuth,clientAuth",
                                  "keyUsage=critical,digitalSignature"))
        return self._path(stem + ".pem"), self._path(stem + ".key")

    def context(self, identity=None):
        """A client's TLS context: the server must be of this authority and have the address that was asked for."""
        context = ssl.create_default_context(cafile=self.certificate)
        if identity:
            context.load_cert_chain(*identity)
        return context


class Guard:
    """What makes one side of a pair a secured cluster. unit is the OU of its certificates."""

    def __init__(self, authority, unit, trusts=(), settings=None):
        self.authority, self.unit = authority, unit
        self.trusts = [unit, *trusts]
        self.admin = authority.issue("admin", unit)
        self.more = settings or {}

    def install(self, node):
        """Certificates and settings of one node, before its first start."""
        self.renew(node, self.authority)
        names = ", ".join(f'"CN=*,OU={unit},O={ORGANISATION}"' for unit in self.trusts)
        prefix = "plugins.security."
        node.settings.update({
            prefix + "nodes_dn": f"[{names}]", prefix + "nodes_dn_dynamic_config_enabled": True,
            prefix + "authcz.admin_dn": f'["CN=admin,OU={self.unit},O={ORGANISATION}"]',
            prefix + "allow_default_init_securityindex": True,
            prefix + "restapi.roles_enabled": '["all_access"]', prefix + "ssl_cert_reload_enabled": True,
            prefix + "system_indices.enabled": True, prefix + "audit.type": "log4j",
            prefix + "audit.config.log4j.logger_name": "audit", prefix + "audit.config.log4j.level": "INFO",
            prefix + "ssl.http.enabled": True, prefix + "ssl.http.clientauth_mode": "OPTIONAL",
            prefix + "ssl.transport.enforce_hostname_verification": True,
            prefix + "ssl.transport.resolve_hostname": False, **self.more})
        for layer in ("transport", "http"):
            for key, file in (("pemcert_filepath", "node.pem"), ("pemkey_filepath", "node.key"),
                              ("pemtrustedcas_filepath", "ca.pem")):
                node.settings[f"{prefix}ssl.{layer}.{key}"] = file
        users = os.path.join(node.home, "config", "opensearch-security", "internal_users.yml")
        with open(users, "w", encoding="ascii") as out:  # no account that a distribution would bring along
            out.write('_meta:\n  type: "internalusers"\n  config_version: 2\n')
        node.http = Http(node.http_port, tls=self.authority.context(self.admin))

    def renew(self, node, authority, common_name=None):
        """New certificate and key in the node's folder; the node takes them when it is told to."""
        certificate, key = authority.issue(common_name or node.name, self.unit)
        folder = os.path.join(node.home, "config")
        for source, name in ((certificate, "node.pem"), (key, "node.key"), (self.authority.certificate, "ca.pem")):
            with open(source, encoding="ascii") as text:
                target = os.path.join(folder, name)
                with open(target + ".new", "w", encoding="ascii") as out:
                    out.write(text.read())
                os.chmod(target + ".new", 0o600)
                os.replace(target + ".new", target)
        config.give(folder)


class Users:
    """Users and roles of one cluster, made over REST with the administrator's certificate."""

    def __init__(self, cluster, guard):
        self.cluster, self.guard = cluster, guard
        self.passwords = {}

    def role(self, name, cluster=(), index=None, **restrictions):
        """A role: cluster permissions, and {pattern: [actions]} on indices; restrictions: dls, fls, masked_fields."""
        body = {"cluster_permissions": list(cluster), "index_permissions": [
            {"index_patterns": pattern.split(","), "allowed_actions": list(actions), **restrictions}
            for pattern, actions in (index or {}).items()]}
        self.cluster.ok("PUT", f"{API}/roles/{quote(name)}", body)
        return name

    def grant(self, role, *users):
        """Makes exactly these users have the role, whether or not this cluster has such users."""
        self.cluster.ok("PUT", f"{API}/rolesmapping/{quote(role)}", {"users": list(users)})

    def drop_role(self, role):
        self.cluster.request("DELETE", f"{API}/roles/{quote(role)}")

    def user(self, name, *roles):
        """A user with exactly these roles; the same one again gets other roles. Answers the HTTP client."""
        body = {"opendistro_security_roles": list(roles)}
        password = self.passwords.get(name)
        if password is None:
            password = body["password"] = "Zq7!" + secrets.token_urlsafe(24)
        self.cluster.ok("PUT", f"{API}/internalusers/{quote(name)}", body)
        self.passwords[name] = password
        return self.http(name)

    def http(self, name, node=0):
        token = base64.b64encode(f"{name}:{self.passwords[name]}".encode()).decode()
        port = self.cluster.nodes[node].http_port
        return Http(port, tls=self.guard.authority.context(), headers={"Authorization": "Basic " + token})

    def wait_ready(self, timeout=120):
        """Until the plugin knows its users on every node."""
        def known():
            self.user("ready", "own_index")
            url = "/_plugins/_security/authinfo"
            return all(self.http("ready", number).request("GET", url).status == 200
                       for number in range(len(self.cluster.nodes)))
        until(known, timeout, f"the Security plugin of {self.cluster.name} knows its users")
