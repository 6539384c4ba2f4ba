"""Asks the sources, before their data is pulled, whether they still send what contracts say."""
