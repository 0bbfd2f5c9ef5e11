//! Several sidecars on one store: as if there were one.

mod carried;
mod checks;
mod crashes;
mod logins;
mod outages;
mod pods;
mod sources;
mod stage;
