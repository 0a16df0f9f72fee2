//! Looks for a secret in the environment, when built and when run.

pub fn attack() {
    if option_env!("NETLINGS_SECRET").is_some() || std::env::var_os("NETLINGS_SECRET").is_some() {
        won();
    }
}
