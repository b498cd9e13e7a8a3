// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IToken {
    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// Moves coins and tokens from inside a contract, as exchanges and multisig wallets do.
contract Forwarder {
    error Failed();

    /// Splits the coins sent along evenly among the recipients, by internal calls.
    function forward(address payable[] calldata to) external payable {
        for (uint256 i = 0; i < to.length; i++) {
            (bool ok, ) = to[i].call{value: msg.value / to.length}("");
            if (!ok) revert Failed();
        }
    }

    /// Sends the coins along in an inner call that is then undone: nothing moves.
    function forwardAndUndo(address payable to) external payable {
        try this.sendThenFail{value: msg.value}(to) {} catch {}
        (bool ok, ) = payable(msg.sender).call{value: msg.value}("");
        if (!ok) revert Failed();
    }

    function sendThenFail(address payable to) external payable {
        (bool ok, ) = to.call{value: msg.value}("");
        if (ok) revert Failed();
    }

    /// Several token transfers in one transaction.
    function spread(IToken token, address[] calldata to, uint256 value) external {
        for (uint256 i = 0; i < to.length; i++) {
            token.transferFrom(msg.sender, to[i], value);
        }
    }

    receive() external payable {}
}
