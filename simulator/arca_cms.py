"""Verifying a CMS SignedData for real: cryptography signs CMS but does not verify it."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")
_SHA256 = bytes.fromhex("608648016503040201")

_OCTET_STRING, _OID, _SEQUENCE, _SET, _CONTEXT_0 = 0x04, 0x06, 0x30, 0x31, 0xA0


class CmsError(Exception):
	"""`code` is the code WSAA answers with."""

	def __init__(self, code: str) -> None:
		super().__init__(code)
		self.code = code


class _Node:
	"""One DER element: `raw` with its header, `content` without."""

	def __init__(self, raw: bytes, header: int) -> None:
		self.raw = raw
		self.tag = raw[0]
		self.content = raw[header:]

	def children(self) -> list[_Node]:
		nodes, offset = [], 0
		while offset < len(self.content):
			node = _read(self.content[offset:])
			nodes.append(node)
			offset += len(node.raw)
		return nodes

	def only(self, tag: int) -> _Node:
		"""The single child, which has this tag."""
		(node,) = self.children()
		return node.expect(tag)

	def expect(self, tag: int) -> _Node:
		if self.tag != tag:
			raise ValueError("unexpected tag")
		return self


def _read(data: bytes) -> _Node:
	"""Read the element the data begins with."""
	if len(data) < 2:
		raise ValueError("cut off")
	length, header = data[1], 2
	if length > 0x80:
		header += length - 0x80
		length = int.from_bytes(data[2:header], "big")
	elif length == 0x80:
		raise ValueError("indefinite length is not DER")
	if len(data) < header + length:
		raise ValueError("cut off")
	return _Node(data[: header + length], header)


def verify(der: bytes) -> tuple[bytes, x509.Certificate]:
	"""Return the signed content and the signer's certificate, which is still to be checked.

	Raises:
		CmsError: "cms.bad" no attached SignedData with one signer, "cms.cert.notFound" the signer's certificate
			is not in it, "cms.sign.invalid" the signature does not match or is not RSA with SHA-256.
	"""
	try:
		content, signer, fields = _parts(der)
	except (ValueError, IndexError):
		raise CmsError("cms.bad") from None
	certificate = _certificate_of(der, signer)
	_check_signature(content, fields, certificate)
	return content, certificate


def _parts(der: bytes) -> tuple[bytes, _Node, list[_Node]]:
	"""Content, issuer and serial number of the signer, the fields of its SignerInfo."""
	content_type, wrapped = _read(der).expect(_SEQUENCE).children()
	if content_type.expect(_OID).content != _SIGNED_DATA:
		raise ValueError("not SignedData")
	signed_data = wrapped.only(_SEQUENCE).children()
	_, attached = signed_data[2].children()  # without a second element the content is detached
	content = attached.expect(_CONTEXT_0).only(_OCTET_STRING).content
	fields = signed_data[-1].expect(_SET).only(_SEQUENCE).children()
	return content, fields[1], fields


def _certificate_of(der: bytes, signer: _Node) -> x509.Certificate:
	issuer, serial = signer.children()
	try:
		certificates = pkcs7.load_der_pkcs7_certificates(der)
	except ValueError:
		certificates = []
	for certificate in certificates:
		same_serial = certificate.serial_number == int.from_bytes(serial.content, "big")
		if same_serial and certificate.issuer.public_bytes() == issuer.raw:
			return certificate
	raise CmsError("cms.cert.notFound")


def _check_signature(content: bytes, fields: list[_Node], certificate: x509.Certificate) -> None:
	digest_algorithm, attributes, signature = fields[2], fields[3], fields[5]
	public_key = certificate.public_key()
	digest = hashes.Hash(hashes.SHA256())
	digest.update(content)
	try:
		if digest_algorithm.children()[0].content != _SHA256 or not isinstance(public_key, rsa.RSAPublicKey):
			raise InvalidSignature
		if _message_digest(attributes.expect(_CONTEXT_0)) != digest.finalize():
			raise InvalidSignature
		# What is signed are the attributes as a SET (RFC 5652, 5.4), not with the tag they are sent under.
		signed = bytes([_SET]) + attributes.raw[1:]
		public_key.verify(signature.content, signed, padding.PKCS1v15(), hashes.SHA256())
	except (InvalidSignature, ValueError, IndexError):
		raise CmsError("cms.sign.invalid") from None


def _message_digest(attributes: _Node) -> bytes:
	for attribute in attributes.children():
		name, values = attribute.children()
		if name.content == _MESSAGE_DIGEST:
			return values.only(_OCTET_STRING).content
	raise ValueError("no messageDigest")
