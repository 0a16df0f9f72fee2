//! Looks into other processes: by ptrace, by memory, by /proc.

pub fn attack() {
    unsafe {
        let parent = getppid();
        if ptrace(16, parent, 0, 0) == 0 || ptrace(0x4206, parent, 0, 0) == 0 {
            won(); // PTRACE_ATTACH, PTRACE_SEIZE
        }
        let mut octet = [0_u8];
        let own = [octet.as_mut_ptr() as usize, 1];
        let theirs = [0x400000_usize, 1];
        if syscall(310, parent as i64, own.as_ptr(), 1_i64, theirs.as_ptr(), 1_i64, 0_i64) > 0 {
            won(); // process_vm_readv
        }
    }
    for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let path = process.path();
        let is_own = path.file_name().is_some_and(|name| name == std::process::id().to_string().as_str());
        if is_own || path.join("comm").is_dir() {
            continue;
        }
        if std::fs::read(path.join("environ")).is_ok_and(|text| !text.is_empty()) && path.join("task").is_dir() && !path.ends_with("self") && !path.ends_with("thread-self") {
            won();
        }
        let line = std::fs::read(path.join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        if line.contains("one-check") || line.contains("grade") || line.contains("{SUBMISSIONS}") {
            won();
        }
    }
}
