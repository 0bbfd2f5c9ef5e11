//! The 53 fields of the requirements document's table "Names of matched rules", in its order (other-systems.md section C.6).

/// One row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The name in the Risk Management component.
    pub identifier: &'static str,
    /// The name in the platform's API: the one that answers carry and conditions name.
    pub name: &'static str,
    /// Where it may stand.
    pub carried: Carried,
}

/// Which answers may carry a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// Those about non-monetary events.
    Event,
    /// Those about transactions.
    Transaction,
    /// Both.
    Both,
}

const fn row(identifier: &'static str, name: &'static str, carried: Carried) -> Field {
    Field { identifier, name, carried }
}

use Carried::{Both, Event, Transaction};

/// Every row.
pub const FIELDS: [Field; 53] = [
    row("ACCOUNT_REF", "accountRef", Both),
    row("AMT_CH_BILLL", "amount", Transaction),
    row("BENEFICIARY_BANK_COUNTRY_CODE", "beneficiaryBankCountry", Transaction),
    row("BENEFICIARY_BANK_NAME", "beneficiaryBank", Transaction),
    row("BENEFICIARY_IBAN", "beneficiaryIBAN", Transaction),
    row("BENEFICIARY_NAME", "beneficiaryName", Transaction),
    row("CREDITOR_ACCOUNT_REF", "creditorRef", Transaction),
    row("CREDITOR_BANK_COUNTRY_CODE", "creditorBankCountry", Transaction),
    row("CREDITOR_BANK_NAME", "creditorBank", Transaction),
    row("CREDITOR_IBAN", "creditorIBAN", Transaction),
    row("CREDITOR_NAME", "creditorName", Transaction),
    row("CURRENCY_BILL", "currency", Transaction),
    row("CUSTOM_NUMBER_1", "customNumber1", Both),
    row("CUSTOM_NUMBER_2", "customNumber2", Both),
    row("CUSTOM_NUMBER_3", "customNumber3", Both),
    row("CUSTOM_STRING_1", "customString1", Both),
    row("CUSTOM_STRING_2", "customString2", Both),
    row("CUSTOM_STRING_3", "customString3", Both),
    row("CUSTOM_STRING_4", "customString4", Both),
    row("CUSTOM_STRING_5", "customString5", Both),
    row("CUSTOM_STRING_6", "customString6", Both),
    row("DEBTOR_IBAN", "debtorIBAN", Transaction),
    row("DEBTOR_NAME", "debtorName", Transaction),
    row("DEBTOR_REF", "debtorRef", Transaction),
    row("DEVICE_ID", "uniqueDeviceIdentifier", Both),
    row("DEVICE_MODEL", "deviceModel", Both),
    row("DIGIPASS_AUTH_TYPE", "authentType", Both),
    row("DIGIPASS_RETURN_CODE", "authentStatus", Both),
    row("EXECUTION_COMPLETED", "executionCompleted", Both),
    row("FINGERPRINT_HASH", "fingerprintHash", Both),
    row("FINGERPRINT_RAW", "fingerprintRaw", Both),
    row("FRAUD_DATE", "fraudDate", Both),
    row("FRAUD_DISPOSITION_KEY", "fraudDispositionKey", Both),
    row("GIS_COUNTRY_CODE", "deviceCountry", Both),
    row("GIS_LATITUDE", "deviceLatitude", Both),
    row("GIS_LONGITUDE", "deviceLongitude", Both),
    row("IP", "clientIP", Both),
    row("IP_COUNTRY_CODE", "clientIPCountry", Both),
    row("MATCHED_RULES", MATCHED_RULES, Both),
    row("NON_MON_EVENT_DATE", "eventDate", Event),
    row("NON_MON_EVENT_ID", "eventID", Event),
    row("NON_MON_EVENT_SUB_TYPE_KEY", "eventSubTypeKey", Event),
    row("NON_MON_EVENT_SUB_TYPE_KEY", "eventSubType", Event),
    row("NON_MON_EVENT_TYPE_KEY", "eventTypeKey", Event),
    row("RELATIONSHIP_REF", "relationshipRef", Both),
    row("RESPONSE_CODE", RISK_RESPONSE_CODE, Both),
    row("SESSION_ID", "sessionID", Both),
    row("TXN_DATE_TIME", "transactionDate", Transaction),
    row("TXN_ID", "transactionID", Transaction),
    row("TXN_SUB_TYPE_KEY", "transactionSubTypeKey", Transaction),
    row("TXN_SUB_TYPE_KEY", "transactionSubType", Transaction),
    row("TXN_TYPE_KEY", "transactionTypeKey", Transaction),
    row("USER_REF", "userRef", Both),
];

/// The names of the rules that matched; only look-ups carry them.
pub(super) const MATCHED_RULES: &str = "matchedRules";
/// The code.
pub(super) const RISK_RESPONSE_CODE: &str = "riskResponseCode";

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_name_stands_once() {
        let names: HashSet<&str> = FIELDS.iter().map(|field| field.name).collect();
        assert_eq!(names.len(), 53);
    }

    #[test]
    fn events_and_transactions_share_what_the_table_says() {
        let count = |carried| FIELDS.iter().filter(|field| field.carried == carried).count();
        assert_eq!((count(Both), count(Event), count(Transaction)), (29, 5, 19));
    }
}
