/*
 * test_cert.h - certificates for tests: an authority, and leaves signed by
 * it for localhost and 127.0.0.1, written as PEM files.
 */
#ifndef TEST_CERT_H
#define TEST_CERT_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>

struct test_ca {
	EVP_PKEY *key;
	X509 *cert;
};

static inline X509 *test_cert_sign(EVP_PKEY *key, const char *name, const struct test_ca *ca, long serial)
{
	X509 *x = X509_new();
	X509_NAME *subject = X509_get_subject_name(x);
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), serial);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(x, ca->cert ? X509_get_subject_name(ca->cert) : subject);
	X509V3_set_ctx(&ctx, ca->cert ? ca->cert : x, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_alt_name, "DNS:localhost,DNS:other.test,IP:127.0.0.1");
	X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, NID_basic_constraints, ca->cert ? "CA:FALSE" : "critical,CA:TRUE");
	X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
	X509_sign(x, ca->key, EVP_sha256());
	return x;
}

static inline void test_pem(const char *path, X509 *cert, EVP_PKEY *key)
{
	FILE *f = fopen(path, "w");

	if (cert != NULL)
		PEM_write_X509(f, cert);
	if (key != NULL)
		PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
}

static inline struct test_ca test_ca_new(const char *cert_path)
{
	struct test_ca none, ca = { EVP_EC_gen("P-256"), NULL };

	none = ca;
	ca.cert = test_cert_sign(ca.key, "test authority", &none, 1);
	test_pem(cert_path, ca.cert, NULL);
	return ca;
}

static inline void test_leaf(const struct test_ca *ca, const char *name, long serial, const char *cert_path,
    const char *key_path)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = test_cert_sign(key, name, ca, serial);

	test_pem(cert_path, x, NULL);
	test_pem(key_path, NULL, key);
	X509_free(x);
	EVP_PKEY_free(key);
}

static inline void test_ca_free(struct test_ca *ca)
{
	X509_free(ca->cert);
	EVP_PKEY_free(ca->key);
}

#endif
