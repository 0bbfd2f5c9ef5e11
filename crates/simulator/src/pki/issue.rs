//! Issuing: a root, server certificates below it, and RP certificates as banks issue them.

use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, DnValue,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// X.520 `serialNumber`: the RP's organisation number.
const SERIAL_NUMBER: &[u64] = &[2, 5, 4, 5];
/// X.520 `name`: the display name that the BankID app shows.
const NAME: &[u64] = &[2, 5, 4, 41];

/// When a certificate is valid.
#[derive(Clone, Copy, Debug)]
pub(super) struct Validity {
    from: SystemTime,
    to: SystemTime,
}

impl Validity {
    /// From yesterday, since clocks differ, for `years`.
    pub(super) fn years(years: u32) -> Self {
        let now = SystemTime::now();
        Self { from: now - DAY, to: now + DAY * 365 * years }
    }

    pub(super) fn ended_yesterday() -> Self {
        let now = SystemTime::now();
        Self { from: now - DAY * 30, to: now - DAY }
    }

    fn apply(self, params: &mut CertificateParams) {
        params.not_before = self.from.into();
        params.not_after = self.to.into();
    }
}

/// A certificate and its key.
pub(super) struct Issued {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Issued {
    pub(super) fn certificate_pem(&self) -> String {
        self.certificate.pem()
    }

    pub(super) fn certificate_der(&self) -> &[u8] {
        self.certificate.der()
    }

    pub(super) fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    pub(super) fn key_der(&self) -> &[u8] {
        self.key.serialized_der()
    }
}

/// A self-signed root.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(super) fn new(common_name: &str) -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::default();
        Validity::years(10).apply(&mut params);
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "riskgate simulator");
        params.distinguished_name.push(DnType::OrganizationalUnitName, "Throw-away, trust nowhere else");
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Ok(Self(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?))
    }

    pub(super) fn pem(&self) -> String {
        self.0.pem()
    }

    pub(super) fn der(&self) -> &[u8] {
        self.0.der()
    }

    /// A server certificate for this machine and for `names`.
    pub(super) fn server(&self, names: &[String], validity: Validity) -> Result<Issued, rcgen::Error> {
        let local = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        self.server_for([&local, names].concat(), validity)
    }

    /// A server certificate for `name` alone.
    pub(super) fn other_server(&self, name: &str, validity: Validity) -> Result<Issued, rcgen::Error> {
        self.server_for(vec![name.to_owned()], validity)
    }

    fn server_for(&self, names: Vec<String>, validity: Validity) -> Result<Issued, rcgen::Error> {
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "riskgate-simulator");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.issue(params, validity)
    }

    /// An RP certificate with the five-attribute subject of `bankid-se.md section 1`.
    pub(super) fn relying_party(
        &self,
        display_name: &str,
        validity: Validity,
    ) -> Result<Issued, rcgen::Error> {
        let mut params = CertificateParams::default();
        let mut subject = DistinguishedName::new();
        subject.push(DnType::CountryName, DnValue::PrintableString("SE".try_into()?));
        subject.push(DnType::OrganizationName, "Riskgate Simulator AB");
        subject.push(DnType::from_oid(SERIAL_NUMBER), DnValue::PrintableString("5560000001".try_into()?));
        subject.push(DnType::from_oid(NAME), display_name);
        subject.push(DnType::CommonName, "riskgate simulator RP certificate");
        params.distinguished_name = subject;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        self.issue(params, validity)
    }

    /// The certificate of a BankID user without a name.
    pub(super) fn person(&self, validity: Validity) -> Result<Issued, rcgen::Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "A simulated person");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        self.issue(params, validity)
    }

    fn issue(&self, mut params: CertificateParams, validity: Validity) -> Result<Issued, rcgen::Error> {
        validity.apply(&mut params);
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.0)?;
        Ok(Issued { certificate, key })
    }
}
