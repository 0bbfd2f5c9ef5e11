//! Swedish BankID, relying party API v6.0 (bankid-se.md).
