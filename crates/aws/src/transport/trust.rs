//! Whom connections trust: the system's certificates, or those of a bundle instead.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use super::TransportError;

/// TLS for HTTP/1.1. `bundle` (`AWS_CA_BUNDLE`) replaces the system's certificates, as it does for the AWS CLI.
pub(super) fn tls(bundle: Option<PathBuf>) -> Result<ClientConfig, TransportError> {
    config(bundle.map_or_else(|| Ok(of_system()), in_bundle)?)
}

pub(super) fn config(roots: RootCertStore) -> Result<ClientConfig, TransportError> {
    // The provider is handed over, so that nothing depends on one being installed for the process.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| TransportError::Tls { message: error.to_string() })?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Where there are none, or none that can be read, there is no TLS; endpoints without it work all the same.
fn of_system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

fn in_bundle(path: PathBuf) -> Result<RootCertStore, TransportError> {
    let pem = std::fs::read(&path).map_err(|source| TransportError::Bundle { path: path.clone(), source })?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let certificates =
        certificates.map_err(|error| TransportError::Damaged { path: path.clone(), message: error.to_string() })?;
    let mut roots = RootCertStore::empty();
    // Bundles are often the system's and one more: a single one that is too odd for TLS is left out, the others do.
    let (taken, _) = roots.add_parsable_certificates(certificates);
    if taken == 0 {
        return Err(TransportError::NoCertificate { path });
    }
    Ok(roots)
}
