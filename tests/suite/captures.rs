//! Every capture of every lab, read by tshark.

use std::process::Command;

use netlings::{cargo, checks};

use super::{check, has_solutions, root};

/// Packets that have no business in a capture of ours.
const BAD: &str = "_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 \
                   || udp.checksum.status == 0 || tcp.analysis.lost_segment";

#[test]
#[ignore = "takes long: a tshark a capture"]
fn tshark_finds_nothing_wrong_in_any_capture() {
    if !has_solutions() {
        return;
    }
    if Command::new("tshark").arg("--version").output().is_err() {
        println!("skipped: there is no tshark");
        return;
    }
    check(&["--tree", "solutions"]);
    let mut read = 0;
    for lab in checks::LABS {
        for check in lab.checks {
            let path = cargo::target_dir(&root())
                .join(lab.lab)
                .join(format!("{}.pcapng", check.name));
            // A check that works through standard input has no packets.
            if !path.is_file() {
                continue;
            }
            let output = Command::new("tshark")
                .args([
                    "-o",
                    "ip.check_checksum:TRUE",
                    "-o",
                    "tcp.check_checksum:TRUE",
                ])
                .args(["-o", "udp.check_checksum:TRUE"])
                .args(["-Y", BAD])
                .arg("-r")
                .arg(&path)
                .output()
                .expect("tshark can be started");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}: {said}", path.display());
            assert_eq!(
                String::from_utf8_lossy(&output.stdout),
                "",
                "{}",
                path.display()
            );
            read += 1;
        }
    }
    assert!(read > 0, "no check left a capture");
    println!("{read} captures read");
}
