"""The sample sources: FoodMart's files, and an HTTP API over its sales like a third party's."""

from __future__ import annotations

from typing import Final

PROJECT_FOLDERS: Final = ("contracts/foodmart", "models/foodmart")
"""What the sample adds to a project, from its root."""
