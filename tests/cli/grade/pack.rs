//! The teacher's pack: one small file with the key of the course, and per lab
//! its due date and what deviates from the checks' own points and visibility.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use netlings::check::{Check, LabChecks};
use netlings::course::{Trouble, read};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The form of the file.
const VERSION: u32 = 1;

/// `pack.toml`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// The form of the file: 1.
    pub version: u32,
    /// The secret that every student's inputs are drawn from.
    pub key: String,
    /// What is said of single labs.
    #[serde(default)]
    pub labs: BTreeMap<String, LabPack>,
}

/// What a pack says of a lab.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LabPack {
    /// When it is due, as RFC 3339 writes it; for the students to read.
    pub due: Option<String>,
    /// Who sees a check's outcome, unless it is named below.
    #[serde(default)]
    pub default: Visibility,
    /// A check's points, in place of its own.
    #[serde(default)]
    pub points: BTreeMap<String, u32>,
    /// Who sees a check's outcome.
    #[serde(default)]
    pub visibility: BTreeMap<String, Visibility>,
}

/// Who sees a check's outcome, in Gradescope's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// The student.
    #[default]
    Visible,
    /// The student, when the lab is due.
    AfterDueDate,
    /// The teacher alone.
    Hidden,
}

impl Pack {
    /// Reads the pack and gives its digest with it.
    ///
    /// # Errors
    /// [`Trouble::Misuse`] for a file that is no pack, with what is wrong.
    pub fn load(path: &Path) -> Result<(Pack, String), Trouble> {
        let text = read(path).map_err(|trouble| Trouble::Misuse(trouble.to_string()))?;
        let misuse = |what: String| Trouble::Misuse(format!("{}: {what}", path.display()));
        let pack: Pack = toml::from_str(&text).map_err(|error| misuse(error.to_string()))?;
        if pack.version != VERSION {
            return Err(misuse(format!(
                "a pack of version {}; this netlings reads version {VERSION}",
                pack.version
            )));
        }
        if pack.key.len() < 32 {
            return Err(misuse("the key has fewer than 32 characters".to_owned()));
        }
        for (lab, said) in &pack.labs {
            let Some(checks) = netlings::checks::find(lab) else {
                return Err(misuse(format!("there is no lab {lab}")));
            };
            let known = |name: &String| checks.checks.iter().any(|check| check.name == name);
            let names = said.points.keys().chain(said.visibility.keys());
            if let Some(name) = names.into_iter().find(|name| !known(name)) {
                return Err(misuse(format!("{lab} has no check {name}")));
            }
        }
        Ok((pack, hex(&Sha256::digest(&text))))
    }

    /// Writes a pack with a new key.
    ///
    /// # Errors
    /// What the system says; a file that is there already is left alone.
    pub fn create(path: &Path) -> Result<(), Trouble> {
        let mut random = [0; 32];
        let drawn = fs::File::open("/dev/urandom")
            .and_then(|mut from| std::io::Read::read_exact(&mut from, &mut random));
        let key = drawn.map(|()| hex(&random));
        let written = key.and_then(|key| {
            let text = format!(
                "# Read by `netlings grade`. Keep it to yourself: whoever has the key knows every\n\
                 # student's inputs beforehand.\n\
                 version = {VERSION}\n\
                 key = \"{key}\"\n\n\
                 # [labs.framing]\n\
                 # due = \"2026-12-01T22:00:00Z\"\n\
                 # default = \"visible\"              # or after_due_date, or hidden\n\
                 # points = {{ NAME_OF_A_CHECK = 3 }}\n\
                 # visibility = {{ NAME_OF_A_CHECK = \"hidden\" }}\n"
            );
            let mut file = fs::File::create_new(path)?;
            std::io::Write::write_all(&mut file, text.as_bytes())
        });
        written.map_err(|error| Trouble::Misuse(format!("{}: {error}", path.display())))
    }

    /// The seed of one student's inputs in one lab (RFC 2104, SHA-256). Other
    /// files have another seed: what is learnt from one grade helps to foresee no
    /// other.
    pub fn seed(&self, lab: &str, submission: &str, sha256: &str) -> u64 {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.key.as_bytes()) else {
            unreachable!("HMAC takes a key of any length")
        };
        mac.update(lab.as_bytes());
        mac.update(&[0]);
        mac.update(submission.as_bytes());
        mac.update(&[0]);
        mac.update(sha256.as_bytes());
        let digest = mac.finalize().into_bytes();
        digest
            .first_chunk()
            .map_or(0, |first| u64::from_be_bytes(*first))
    }

    /// When a lab is due.
    pub fn due(&self, lab: &LabChecks) -> Option<String> {
        self.labs.get(lab.lab)?.due.clone()
    }

    /// What a check is worth.
    pub fn points(&self, lab: &LabChecks, check: &Check) -> u32 {
        let said = self.labs.get(lab.lab);
        let own = said.and_then(|said| said.points.get(check.name));
        own.copied().unwrap_or(check.points)
    }

    /// Who sees a check's outcome.
    pub fn visibility(&self, lab: &LabChecks, check: &Check) -> Visibility {
        let Some(said) = self.labs.get(lab.lab) else {
            return Visibility::default();
        };
        let own = said.visibility.get(check.name);
        own.copied().unwrap_or(said.default)
    }
}

/// Octets in hexadecimal.
pub fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
