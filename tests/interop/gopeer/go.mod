// SPDX-License-Identifier: Apache-2.0

module troupe.test/gopeer

// No requirements here, on purpose: the release of CometBFT comes from the
// module that builds this package (../cometbft-*), untouched by a third party.
go 1.22.11
