//! The companies that the stand-in knows; every other number is unknown to it.

use serde_json::{Value, json};

pub(crate) struct Company {
    pub(crate) nip: &'static str,
    name: &'static str,
    status: &'static str,
    regon: &'static str,
    krs: Option<&'static str>,
    address: Option<&'static str>,
    registered: &'static str,
}

const ACTIVE: &str = "Czynny";

pub(crate) const COMPANIES: &[Company] = &[
    Company {
        nip: "5260250274",
        name: "MINISTERSTWO FINANSÓW",
        status: ACTIVE,
        regon: "000002217",
        krs: None,
        address: Some("UL. ŚWIĘTOKRZYSKA 12, 00-916 WARSZAWA"),
        registered: "1993-07-05",
    },
    Company {
        nip: "5260001016",
        name: "BOSFOR DELIKATESY SPÓŁKA Z OGRANICZONĄ ODPOWIEDZIALNOŚCIĄ",
        status: ACTIVE,
        regon: "123456785",
        krs: Some("0000636771"),
        address: Some("UL. PROSTA 51, LOK. 3, 00-838 WARSZAWA"),
        registered: "2018-02-21",
    },
    Company {
        nip: "6760003007",
        name: "SZKOŁA GOTOWANIA MARMARA",
        status: ACTIVE,
        regon: "351234561",
        krs: None,
        // The register has such ones too.
        address: Some("RYNEK GŁÓWNY 1 KRAKÓW"),
        registered: "2020-11-02",
    },
    Company {
        nip: "7790002007",
        name: "BAR EGE ZEYNEP KAYA",
        status: ACTIVE,
        regon: "301234567",
        krs: None,
        address: None,
        registered: "2021-05-17",
    },
    Company {
        nip: "5830004001",
        name: "PIEROGARNIA U ZOSI ZOFIA NOWAK",
        status: "Zwolniony",
        regon: "221234564",
        krs: None,
        address: Some("UL. DŁUGA 7, 80-831 GDAŃSK"),
        registered: "2019-09-01",
    },
    Company {
        nip: "8970005002",
        name: "HURTOWNIA ANATOLIA W LIKWIDACJI",
        status: "Niezarejestrowany",
        regon: "021234568",
        krs: Some("0000123456"),
        address: Some("UL. LEGNICKA 55, 54-203 WROCŁAW"),
        registered: "2008-03-14",
    },
];

impl Company {
    /// As the register writes it.
    pub(crate) fn wire(&self) -> Value {
        json!({
            "name": self.name, "nip": self.nip, "statusVat": self.status, "regon": self.regon, "pesel": null,
            "krs": self.krs, "residenceAddress": null, "workingAddress": self.address, "representatives": [],
            "authorizedClerks": [], "partners": [], "registrationLegalDate": self.registered,
            "registrationDenialBasis": null, "registrationDenialDate": null, "restorationBasis": null,
            "restorationDate": null, "removalBasis": null, "removalDate": null, "accountNumbers": [],
            "hasVirtualAccounts": false,
        })
    }
}
