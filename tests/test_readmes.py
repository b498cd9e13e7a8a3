"""Every module introduces itself."""

from tests.norms import ROOT


def test_every_module_has_a_readme():
    folders = [*(ROOT / "fairhouse").iterdir(), ROOT / "signer", ROOT / "devnet"]
    modules = [folder for folder in folders if (folder / "__init__.py").exists()]

    assert [] == [folder.name for folder in modules if not (folder / "README.md").exists()]
